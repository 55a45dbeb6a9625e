"""A container that did not make it is ended, unless it serves: however close the proxy's verdict comes."""

from collections.abc import Iterator

import pytest

from backstaff.config.models import Boot, Config, OnFailure
from backstaff.engine.giving_up import FROZEN_FOR_S
from backstaff.errors import ExitCode
from backstaff.events.types import CommandRun
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import CAN_NOT_START, ENDS, NEVER_READY, App
from tests.fakes.containers import FakeContainer
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

ONE_HOST = short_config(roles=(a_role("web", "h1"),))
ONE_BY_ONE = short_config(roles=(a_role("web", "h1", "h2"),), boot=Boot(limit=1))
READY_AFTER_S = 1.5
BETWEEN_CHECKS = App(ready_after_s=READY_AFTER_S)
"""Healthy at a moment at which the proxy does not look by itself."""


def tried(
    *faults: Fault, new: App = BETWEEN_CHECKS, cancel_at: float | None = None, config: Config = ONE_HOST
) -> Ran:
    """A deploy whose proxy makes its check right after it was asked what it serves."""

    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        for role in config.roles:
            server.apps[f"{role.name}:{NEW}"] = new
        server.proxy.checks_after_list = True
        server.goes_wrong(*faults)

    return run(Scene(config=config, set=set_scene, cancel_at=cancel_at))


def starts_at() -> float:
    """When the new container starts."""
    history = tried().datacentre["h1"].history
    return next(each.at for each in history if each.what == "start")


def around(moment: float) -> Iterator[float]:
    """Moments so close to each other that one falls between any question and what follows from it."""
    return (moment + tick * 0.003 for tick in range(-25, 10))


def the_new(ran: Ran) -> FakeContainer:
    new = ran.new("h1", "web")
    assert new is not None
    return new


def nothing_was_torn_down(ran: Ran) -> None:
    """What had the traffic was never ended, the traffic never went to what was, and nothing stays frozen."""
    for server in ran.datacentre.servers.values():
        stops = [each for each in server.history if each.what == "asked to stop"]
        assert not any(each.was_target for each in stops)
        assert not any(each.paused for each in server.containers.values())
        serving = server.proxy.serves("app-web")
        assert serving is not None
        assert serving.running
    assert "pointed back" not in ran.notices()


def test_the_proxy_can_not_move_the_traffic_between_the_question_and_the_end() -> None:
    ends = set()
    for at in around(starts_at() + READY_AFTER_S):
        ran = tried(cancel_at=at)
        assert ran.code is ExitCode.INTERRUPTED
        nothing_was_torn_down(ran)
        assert the_new(ran).running == (ran.serving("h1") == NEW)
        ends.add((ran.serving("h1"), "asked to pause v2" in ran.happened("h1", "web")))
    assert ends == {(OLD, True), (NEW, True)}


def test_what_is_known_to_serve_is_not_frozen() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        for container in datacentre["h1"].running("web"):
            container.app = App(drains_s=2)

    ran = run(Scene(config=ONE_HOST, set=set_scene, cancel_at=3))
    assert ran.serving("h1") == NEW
    assert "asked to pause v2" not in ran.happened("h1", "web")


def test_each_call_is_told_as_a_line_to_paste() -> None:
    ran = tried(new=NEVER_READY, cancel_at=3)
    new = the_new(ran).id[:12]
    lines = [each.line for each in ran.of(CommandRun) if each.mutates and new in each.line]
    assert lines[-2:] == [f"docker pause {new}", f"docker kill {new}"]


def test_a_container_that_the_proxy_has_given_up_gets_its_grace() -> None:
    """Nothing is pending any more that could move the traffic."""
    ran = tried(new=App(ready_after_s=None, stop_takes_s=1.5))
    assert ran.code is ExitCode.FAILED
    assert "asked to pause v2" not in ran.happened("h1", "web")
    assert the_new(ran).exit_code == 0
    nothing_was_torn_down(ran)


def test_a_worker_gets_its_grace() -> None:
    config = short_config(roles=(a_role("job", "h1"),), primary_role="job", readiness_delay=4)
    ran = tried(new=App(stop_takes_s=1.5), cancel_at=3, config=config)
    new = ran.new("h1", "job")
    assert new is not None
    assert (new.running, new.exit_code) == (False, 0)
    assert "asked to pause v2" not in ran.happened("h1", "job")


def test_a_container_that_has_ended_by_itself_needs_no_freezing_and_no_word_about_it() -> None:
    ran = tried(new=ENDS)
    assert ran.code is ExitCode.FAILED
    assert "paused" not in ran.notices()
    nothing_was_torn_down(ran)


def test_where_it_can_not_be_frozen_it_is_asked_before_and_after_and_told() -> None:
    ran = tried(Fault("pause", text="cgroups not configured for container"), new=NEVER_READY, cancel_at=3)
    assert not the_new(ran).running
    assert "could not be paused before it is stopped: cgroups not configured" in ran.notices()
    nothing_was_torn_down(ran)


def test_where_it_can_not_be_frozen_traffic_that_has_moved_goes_back() -> None:
    """It becomes healthy after the first question and before the stop."""
    without = Fault("pause", text="cgroups not configured for container")
    backs = 0
    for at in around(starts_at() + READY_AFTER_S):
        ran = tried(without, cancel_at=at)
        serving = ran.datacentre["h1"].proxy.serves("app-web")
        assert serving is not None
        assert serving.running, at
        backs += "pointed back at app-web-v1" in ran.notices()
    assert backs > 0


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG])
def test_if_the_proxy_does_not_tell_it_is_woken_and_left_running(kind: Kind) -> None:
    ran = tried(Fault("list", kind, nth=2), new=NEVER_READY, cancel_at=3)
    assert the_new(ran).running
    assert "web v2 could not be stopped" in ran.notices()
    assert [each.what for each in ran.datacentre["h1"].history][-2:] == ["pause", "unpause"]
    paused, unpaused = [each.at for each in ran.datacentre["h1"].history][-2:]
    assert unpaused - paused < FROZEN_FOR_S + 1
    nothing_was_torn_down(ran)


@pytest.mark.parametrize("operation", ["pause", "kill"])
def test_if_docker_hangs_it_is_woken(operation: str) -> None:
    ran = tried(Fault(operation, Kind.HANG), new=NEVER_READY, cancel_at=3)
    assert ran.code is ExitCode.INTERRUPTED
    assert the_new(ran).running
    nothing_was_torn_down(ran)


def test_if_it_can_not_be_woken_the_operator_is_told_how() -> None:
    ran = tried(Fault("list", nth=2), Fault("unpause", text="freezer is gone"), cancel_at=3, new=NEVER_READY)
    new = the_new(ran)
    assert new.paused
    assert "web v2 may be left paused: freezer is gone" in ran.notices()
    assert f"`docker unpause {new.id[:12]}`" in ran.notices()


def test_if_the_link_is_lost_while_it_is_frozen_the_operator_is_told_how_to_wake_it() -> None:
    ran = tried(Fault("list", Kind.LOSE, nth=2), new=NEVER_READY, cancel_at=3)
    assert the_new(ran).paused
    assert f"`docker unpause {the_new(ran).id[:12]}`" in ran.notices()


def test_who_loses_patience_while_it_is_frozen_leaves_nothing_frozen() -> None:
    """The pair has failed, for the proxy never answers, and is being given up when the run is cancelled."""
    hangs = Fault("deploy", Kind.HANG)
    history = tried(hangs).datacentre["h1"].history
    frozen_at = next(each.at for each in history if each.what == "asked to pause")
    for at in around(frozen_at + 0.03):
        ran = tried(hangs, cancel_at=at)
        assert not the_new(ran).running
        nothing_was_torn_down(ran)


def test_an_old_version_on_its_way_back_is_not_torn_down_either() -> None:
    def scene(cancel_at: float | None = None) -> Ran:
        def set_scene(datacentre: Datacentre) -> None:
            datacentre["h2"].apps[f"web:{NEW}"] = CAN_NOT_START
            datacentre["h1"].proxy.checks_after_list = True
            for container in datacentre["h1"].running("web"):
                container.app = BETWEEN_CHECKS

        deploy = Scene(config=ONE_BY_ONE, on_failure=OnFailure.ROLLBACK, set=set_scene, cancel_at=cancel_at)
        return run(deploy)

    history = scene().datacentre["h1"].history
    again = [each.at for each in history if each.what == "start" and each.container.name.endswith(OLD)]
    ends = set()
    for at in around(again[-1] + READY_AFTER_S):
        ran = scene(at)
        assert ran.code is ExitCode.INTERRUPTED
        nothing_was_torn_down(ran)
        ends.add((ran.serving("h1"), "asked to pause v1" in ran.happened("h1", "web")))
    assert ends == {(OLD, True), (NEW, True)}
