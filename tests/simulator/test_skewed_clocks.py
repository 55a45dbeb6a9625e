"""Hosts whose clocks are an hour off, each in its own way: nothing that a deploy decides hangs on them."""

import pytest

from backstaff.errors import ExitCode
from backstaff.events.types import Verified
from backstaff.plan.plan import Command
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.simulator.deploying import deploy, with_fleet

ROLES = {"web": RoleSpec(("h1", "h2")), "job": RoleSpec(("h3",), "worker")}
HOUR_S = 3600.0


def running(fleet: Fleet, host: str) -> list[str]:
    containers = fleet.host(host).daemon.listed({"status": ["running"]})
    return sorted(each.name for each in containers)


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_a_deploy_and_a_rollback_go_well_where_one_clock_is_wrong_and_another_right(ahead_s: float) -> None:
    async def work(fleet: Fleet) -> None:
        fleet.host("h2").skew_clock(ahead_s)
        fleet.host("h3").skew_clock(-ahead_s)
        for version, command in (("v1", Command.DEPLOY), ("v2", Command.DEPLOY), ("v1", Command.ROLLBACK)):
            ran = await deploy(fleet, version, command)

            assert ran.code is ExitCode.DONE, ran.board.failure
            assert all(verdict.agrees for verdict in ran.of(Verified)[-1].pairs)
            assert running(fleet, "h2") == [f"demo-web-{version}", "kamal-proxy"]
            assert running(fleet, "h3") == [f"demo-job-{version}"]

    with_fleet(FleetSpec(roles=ROLES, versions={"v1": "healthy", "v2": "slow:5"}), work)


@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_an_unhealthy_version_is_told_where_the_clock_is_wrong(ahead_s: float) -> None:
    async def work(fleet: Fleet) -> None:
        for host in ("h1", "h2", "h3"):
            fleet.host(host).skew_clock(ahead_s)
        await deploy(fleet, "v1")

        ran = await deploy(fleet, "v2")

        assert ran.code is ExitCode.FAILED
        assert "web answered 500 on GET /up" in ran.card.cause
        assert running(fleet, "h1") == ["demo-web-v1", "kamal-proxy"]

    with_fleet(FleetSpec(roles=ROLES, versions={"v1": "healthy", "v2": "unhealthy"}), work)
