"""What can be made to go wrong on simulated hosts, as a deploy meets it."""

import pytest

from backstaff.errors import ExitCode
from backstaff.simulator.faults import Operation
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, RoleSpec
from backstaff.simulator.wanted import Wanted
from tests.simulator.deploying import Ran, deploy, with_fleet

ROLES = {"web": RoleSpec(("h1", "h2")), "job": RoleSpec(("h3",), "worker")}
SPEC = FleetSpec(roles=ROLES)


def card_of(ran: Ran) -> str:
    card = ran.card
    return "\n".join((card.cause, *card.evidence, *card.state, card.fix))


def test_a_frozen_docker_ends_the_run_when_its_deadline_is_over() -> None:
    async def work(fleet: Fleet) -> None:
        await deploy(fleet, "v1")
        host = fleet.host("h2")
        host.at(Operation.START, host.freeze_docker)
        began = fleet.clock.now()
        ran = await deploy(fleet, "v2")

        assert ran.code is ExitCode.FAILED
        assert ran.card.host == "h2"
        assert "Docker does not answer" in card_of(ran)
        assert 20 <= fleet.clock.now() - began < 120

    with_fleet(SPEC, work)


def test_a_frozen_docker_can_be_used_again_when_it_thaws() -> None:
    async def work(fleet: Fleet) -> None:
        host = fleet.host("h2")
        host.at(Operation.CREATE, host.freeze_docker)
        host.at(Operation.CREATE, lambda: host.after(8, host.thaw_docker))
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.DONE

    with_fleet(SPEC, work)


def test_a_host_that_is_down_refuses_and_nothing_is_touched() -> None:
    async def work(fleet: Fleet) -> None:
        fleet.host("h2").go_down()
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.UNREACHABLE
        assert "h2" in ran.card.title
        assert "refuses" in card_of(ran)
        assert not fleet.host("h1").daemon.containers

    with_fleet(SPEC, work)


@pytest.mark.parametrize("operation", [Operation.PULL, Operation.CREATE, Operation.PROXY_DEPLOY])
def test_a_host_that_is_lost_in_the_middle_ends_its_part(operation: Operation) -> None:
    async def work(fleet: Fleet) -> None:
        await deploy(fleet, "v1")
        host = fleet.host("h2")
        host.at(operation, host.go_down)
        ran = await deploy(fleet, "v2")

        assert ran.code is ExitCode.FAILED
        assert ran.card.host == "h2"
        assert "connection" in card_of(ran)
        assert not list((fleet.host("h1").home / ".kamal").glob("lock-*"))

    with_fleet(SPEC, work)


def test_a_lock_that_somebody_holds_is_told_with_its_holder() -> None:
    async def work(fleet: Fleet) -> None:
        fleet.host("h1").hold_lock("demo", by="Grace", version="v0")
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.LOCK_HELD
        assert "Grace" in card_of(ran)

    with_fleet(SPEC, work)


def test_an_image_that_one_host_can_not_pull_fails_there() -> None:
    async def work(fleet: Fleet) -> None:
        fleet.host("h3").withhold(fleet.spec.image("v1"))
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.FAILED
        assert ran.card.host == "h3"
        assert "not in the registry" in card_of(ran)

    with_fleet(SPEC, work)


def test_an_image_that_was_never_pushed_fails_on_all_hosts() -> None:
    async def work(fleet: Fleet) -> None:
        fleet.registry.withdraw(fleet.spec.image("v1"))
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.FAILED
        assert "not in the registry" in card_of(ran)
        assert not any(host.daemon.containers for host in fleet.hosts.values())

    with_fleet(SPEC, work)


def test_a_container_of_another_destination_is_left_alone() -> None:
    async def work(fleet: Fleet) -> None:
        labels = {"service": "demo", "role": "web", "destination": "staging"}
        stranger = Wanted(fleet.spec.image("v1"), name="demo-web-staging-v1", labels=labels)
        container = fleet.host("h1").run_container(stranger)
        ran = await deploy(fleet, "v2")

        assert ran.code is ExitCode.DONE
        assert container.state.running

    with_fleet(SPEC, work)


def test_a_container_without_memory_is_told_as_that() -> None:
    async def work(fleet: Fleet) -> None:
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.FAILED
        assert "memory" in ran.card.cause

    role = RoleSpec(("h1",), more={"options": {"memory": "64m"}})
    with_fleet(FleetSpec(roles={"web": role}, versions={"v1": "oom"}), work)


def test_an_action_may_wait_for_a_later_time() -> None:
    async def work(fleet: Fleet) -> None:
        seen: list[str] = []
        fleet.host("h1").at(Operation.PULL, lambda: seen.append("second"), times=2)
        await deploy(fleet, "v1")
        before = list(seen)
        await deploy(fleet, "v2")

        assert (before, seen) == ([], ["second"])

    with_fleet(FleetSpec(roles={"web": RoleSpec(("h1",))}), work)


def test_a_version_may_behave_differently_on_one_host_and_in_one_role() -> None:
    async def work(fleet: Fleet) -> None:
        image = fleet.spec.image("v1")
        fleet.host("h2").behave(image, "crash:1")
        fleet.host("h3").behave(image, "crash:1", role="web")
        ran = await deploy(fleet, "v1")

        assert ran.code is ExitCode.FAILED
        assert ran.card.host == "h2"
        assert "keeps ending" in ran.card.cause
        job = fleet.host("h3").container("demo-job-v1")
        assert job is not None
        assert job.state.running

    with_fleet(SPEC, work)
