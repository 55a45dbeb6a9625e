"""Whole deploys by the real engine over simulated hosts."""

import pytest

from backstaff.errors import ExitCode
from backstaff.plan.plan import Command
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.simulator.deploying import deploy, with_fleet

ROLES = {"web": RoleSpec(("h1", "h2")), "job": RoleSpec(("h3",), "worker")}


def running(fleet: Fleet, host: str) -> list[str]:
    containers = fleet.host(host).daemon.listed({"status": ["running"]})
    return sorted(each.name for each in containers)


def serving(fleet: Fleet, host: str) -> str:
    """The name of the container that has the traffic."""
    proxy = fleet.host(host).proxy
    assert proxy is not None
    container = fleet.host(host).container(proxy.services["demo-web"].target.partition(":")[0])
    assert container is not None
    return container.name


def test_a_first_deploy_a_second_and_a_rollback() -> None:
    async def work(fleet: Fleet) -> None:
        for version, command in (
            ("v1", Command.DEPLOY),
            ("v2", Command.DEPLOY),
            ("v1", Command.ROLLBACK),
        ):
            ran = await deploy(fleet, version, command)

            assert ran.code is ExitCode.DONE, ran.board.failure
            for host in ("h1", "h2"):
                assert serving(fleet, host) == f"demo-web-{version}"
                assert running(fleet, host) == [f"demo-web-{version}", "kamal-proxy"]
            assert running(fleet, "h3") == [f"demo-job-{version}"]
            assert not list((fleet.host("h1").home / ".kamal").glob("lock-*"))

    with_fleet(FleetSpec(roles=ROLES, versions={"v1": "healthy", "v2": "slow:5"}), work)


def test_a_version_that_is_never_healthy_fails_after_30_seconds_and_the_old_one_serves() -> None:
    async def work(fleet: Fleet) -> None:
        await deploy(fleet, "v1")
        began = fleet.clock.now()
        ran = await deploy(fleet, "v2")
        took = fleet.clock.now() - began

        assert ran.code is ExitCode.FAILED
        assert took >= 30
        assert "web answered 500 on GET /up" in ran.card.cause
        for host in ("h1", "h2"):
            assert serving(fleet, host) == "demo-web-v1"
        assert running(fleet, "h3") == ["demo-job-v1"]

    with_fleet(FleetSpec(roles=ROLES, versions={"v1": "healthy", "v2": "unhealthy"}), work)


@pytest.mark.parametrize("host", ["h1", "h2"])
def test_what_was_left_paused_goes_on_and_is_replaced(host: str) -> None:
    async def work(fleet: Fleet) -> None:
        await deploy(fleet, "v1")
        paused = fleet.host(host).container("demo-web-v1")
        assert paused is not None
        paused.pause()

        ran = await deploy(fleet, "v2")

        assert ran.code is ExitCode.DONE, ran.board.failure
        assert any("demo-web-v1 has the traffic and was paused" in each.text for each in ran.board.notices)
        assert serving(fleet, host) == "demo-web-v2"
        assert running(fleet, host) == ["demo-web-v2", "kamal-proxy"]
        assert not paused.active

    with_fleet(FleetSpec(roles=ROLES, versions={"v1": "healthy", "v2": "healthy"}), work)
