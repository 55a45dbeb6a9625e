import asyncio

import pytest

from backstaff.errors import ExitCode
from backstaff.events.facts import HostState, WaitKind
from backstaff.events.types import HostChanged, WaitStarted
from tests.engine.running import NEW, Ran, Scene, run
from tests.fakes.apps import NEVER_READY
from tests.fakes.faults import Connecting
from tests.fakes.hosts import Datacentre


def connecting(**hosts: Connecting) -> Ran:
    def set_scene(datacentre: Datacentre) -> None:
        for name, how in hosts.items():
            datacentre[name].connecting = how

    return run(Scene(set=set_scene))


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (Connecting.REFUSED, ExitCode.UNREACHABLE),
        (Connecting.NO_LOGIN, ExitCode.UNREACHABLE),
        (Connecting.SILENT, ExitCode.UNREACHABLE),
        (Connecting.NO_DOCKER, ExitCode.FAILED),
    ],
)
def test_a_host_that_can_not_be_used_ends_the_run_before_anything_is_changed(
    how: Connecting, code: ExitCode
) -> None:
    ran = connecting(h2=how)
    assert ran.code is code
    assert ran.board.hosts["h2"].state is HostState.UNREACHABLE
    assert not any(server.history for server in ran.datacentre.servers.values())
    assert all(wire.closed for server in ran.datacentre.servers.values() for wire in server.wires)


def test_several_hosts_that_can_not_be_reached_are_told_together() -> None:
    ran = connecting(h1=Connecting.REFUSED, h3=Connecting.NO_LOGIN)
    assert "2 hosts can not be used" in ran.card.cause
    assert ran.card.title == "connecting to h1 and h3"
    assert ran.card.evidence == ("h1: connection refused", "h3: permission denied")


def test_several_hosts_that_need_different_things_each_have_their_own_way_out() -> None:
    ran = connecting(h1=Connecting.REFUSED, h2=Connecting.NO_DOCKER, h3=Connecting.NO_LOGIN)
    assert ran.code is ExitCode.UNREACHABLE
    assert ran.card.fix.split("\n") == [
        "h1: check that sshd runs",
        "h2: install `docker`",
        "h3: add a key on h3",
    ]


def test_the_card_names_the_host_that_can_not_be_reached() -> None:
    card = connecting(h2=Connecting.REFUSED).card
    assert "h2" in (card.host or card.title)


def test_a_connection_that_takes_long_tells_how_long_a_try_may_take() -> None:
    waits = connecting(h2=Connecting.SILENT).of(WaitStarted)
    assert "connect to h2 (2 s a try)" in [each.cause for each in waits if each.what is WaitKind.CONNECT]


def test_docker_that_goes_quiet_and_answers_again_is_told_and_forgiven() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        loop = asyncio.get_running_loop()
        datacentre["h1"].apps[f"web:{NEW}"] = NEVER_READY
        loop.call_later(1, datacentre["h3"].engine.freeze)
        loop.call_later(4, datacentre["h3"].engine.thaw)

    ran = run(Scene(set=set_scene))
    assert ran.states("h3", "job").value == "healthy"


def test_a_frozen_docker_is_told_as_quiet_and_then_given_up() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].apps[f"web:{NEW}"] = NEVER_READY
        asyncio.get_running_loop().call_later(2, datacentre["h1"].engine.freeze)

    ran = run(Scene(set=set_scene))
    states = [each.state for each in ran.of(HostChanged) if each.host == "h1"]
    assert HostState.QUIET in states
    assert "Docker does not answer" in ran.card.cause
    assert ran.card.host == "h1"
