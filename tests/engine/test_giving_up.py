"""A container that did not make it is ended, unless it serves: however close the proxy's verdict comes."""

from collections.abc import Iterator

import pytest

from backstaff.cli.signals import last_words
from backstaff.config.models import Boot, Config, OnFailure
from backstaff.engine.caller import Caller
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.giving_up import ABANDON_WITHIN_S, FROZEN_FOR_S, GivingUp
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.switch import ProxySwitch
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import PairState
from backstaff.events.types import CommandRun, PairChanged
from tests.engine.running import NEW, OLD, Ran, Scene, a_datacentre, a_run, run, short_config
from tests.fakes.apps import CAN_NOT_START, ENDS, NEVER_READY, App
from tests.fakes.clock import simulate
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


@pytest.mark.parametrize("fault", [Fault("pause", Kind.HANG_AFTER), Fault("kill", Kind.HANG)])
def test_if_docker_hangs_it_is_woken(fault: Fault) -> None:
    """Also where it is not known whether it was paused."""
    ran = tried(fault, new=NEVER_READY, cancel_at=3)
    assert ran.code is ExitCode.INTERRUPTED
    assert the_new(ran).running
    assert ran.happened("h1", "web")[-2:] == ["pause v2", "unpause v2"]
    nothing_was_torn_down(ran)


SLOW_PAUSE_S = 4.0


@pytest.mark.parametrize(
    ("faults", "most_s"),
    [
        ([Fault("pause", Kind.HANG_AFTER)], FROZEN_FOR_S),
        (
            [Fault("pause", Kind.DELAY, delay_s=SLOW_PAUSE_S), Fault("list", Kind.HANG, nth=2)],
            FROZEN_FOR_S - SLOW_PAUSE_S,
        ),
    ],
    ids=["docker-hangs", "docker-is-slow-and-the-proxy-hangs"],
)
def test_what_it_takes_to_freeze_it_and_to_ask_is_limited_as_a_whole(
    faults: list[Fault], most_s: float
) -> None:
    ran = tried(*faults, new=NEVER_READY, cancel_at=3)
    paused, unpaused = [each.at for each in ran.datacentre["h1"].history][-2:]
    assert unpaused - paused <= most_s + 0.1
    nothing_was_torn_down(ran)


def test_what_may_be_half_frozen_is_woken_before_it_is_stopped() -> None:
    half_way = Fault("pause", Kind.FAIL_AFTER, text="the freezer failed half-way")
    ran = tried(half_way, Fault("unpause", text="it is not paused"), new=NEVER_READY, cancel_at=3)
    new = the_new(ran).id[:12]
    lines = [each.line for each in ran.of(CommandRun) if each.mutates and new in each.line]
    assert [line.split()[1] for line in lines[-3:]] == ["pause", "unpause", "stop"]
    assert "the freezer failed half-way" in ran.notices()
    assert "left paused" not in ran.notices()


def test_a_proxy_whose_client_was_killed_goes_on_so_the_container_is_frozen() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.apps[f"web:{NEW}"] = BETWEEN_CHECKS
        server.proxy.checks_after_list = True
        server.proxy.clients_die_after_s = READY_AFTER_S - 0.1

    ran = run(Scene(config=ONE_HOST, set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert "asked to pause v2" in ran.happened("h1", "web")
    nothing_was_torn_down(ran)


def test_where_it_is_stopped_and_the_proxy_does_not_tell_any_more_that_is_the_danger_that_is_told() -> None:
    ran = tried(Fault("list", nth=3), new=NEVER_READY, cancel_at=3)
    assert not the_new(ran).running
    assert "web v2 is stopped, but whether the proxy still sends traffic to it is not known" in ran.notices()
    assert "see `backstaff proxy details -h h1`" in ran.notices()
    assert "could not be stopped" not in ran.notices()


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG])
def test_it_is_ended_though_its_last_words_can_not_be_read(kind: Kind) -> None:
    ran = tried(
        Fault("logs", kind, text="configured logging driver does not support reading"), new=NEVER_READY
    )
    assert ran.code is ExitCode.FAILED
    assert not the_new(ran).running
    assert "the last output of web v2 can not be read: " in ran.notices()
    nothing_was_torn_down(ran)


def test_what_could_not_be_stopped_is_told_with_what_to_do() -> None:
    ran = tried(Fault("list", nth=2), new=NEVER_READY, cancel_at=3)
    look = "unless it serves, which `backstaff proxy details -h h1` tells, "
    assert f"{look}stop it on the host with `docker stop {the_new(ran).id[:12]}`" in ran.notices()


@pytest.mark.parametrize(("container", "told"), [(None, False), ("c" * 64, True)])
def test_on_a_lost_host_only_what_exists_is_talked_of(container: str | None, told: bool) -> None:
    async def abandon() -> str:
        datacentre = a_datacentre(ONE_HOST)
        context = a_run(ONE_HOST)
        inner = await datacentre.connect("h1")
        caller = Caller(context, inner)
        host = GuardedHost(inner, caller, context.timeouts)
        caller.lose("connection reset by peer")
        role = ONE_HOST.role("web")
        switch = ProxySwitch(context, role, ContainerWatch(context, host, ["web"]))
        await GivingUp(context, role, host, switch, "web v2").abandon(container, never)
        return "\n".join(each.text for each in context.stream.board.notices)

    async def never() -> None:
        raise AssertionError("there is nothing to be given up on a lost host")

    notices = simulate(abandon())
    assert ("web v2 could not be stopped: the connection was lost" in notices) is told
    assert (f"`docker stop {'c' * 12}`" in notices) is told


def test_a_cancellation_that_waits_for_it_to_wake_leaves_the_clean_up_less_time() -> None:
    """The pair has failed and is frozen when the run is cancelled, and from then on everything is slow."""
    slow = (
        Fault("deploy", Kind.HANG),
        Fault("unpause", Kind.HANG),
        Fault("list", Kind.HANG, nth=2, times=1),
        Fault("list", Kind.DELAY, nth=3, times=1, delay_s=14.5),
        Fault("list", Kind.HANG, nth=4),
    )
    history = tried(*slow, new=NEVER_READY).datacentre["h1"].history
    cancel_at = 1 + next(each.at for each in history if each.what == "asked to pause")
    ran = tried(*slow, new=NEVER_READY, cancel_at=cancel_at)
    (ended,) = [
        each.t
        for each in ran.events
        if isinstance(each.body, PairChanged) and each.body.state is PairState.CANCELLED
    ]
    assert ended - cancel_at <= ABANDON_WITHIN_S + 0.1


def test_while_it_may_be_paused_the_board_knows_how_to_let_it_go_on() -> None:
    """A second signal ends the program without any clean-up, and says what the board knows."""
    ran = tried(new=NEVER_READY, cancel_at=3)
    by_hand = f"on h1: docker unpause {the_new(ran).id[:12]}"
    history = ran.datacentre["h1"].history
    paused_at = next(each.at for each in history if each.what == "pause")
    board = Board()
    for event in ran.events:
        if event.t <= paused_at:
            board.fold(event)
    assert by_hand in "\n".join(last_words(board, ""))
    assert by_hand not in "\n".join(last_words(ran.board, ""))


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


def test_who_loses_patience_while_an_old_version_is_given_up_leaves_nothing_behind() -> None:
    """The way back has failed, for the proxy never answers, when the run is cancelled."""

    def scene(cancel_at: float | None = None) -> Ran:
        def set_scene(datacentre: Datacentre) -> None:
            datacentre["h2"].apps[f"web:{NEW}"] = CAN_NOT_START
            datacentre["h1"].goes_wrong(Fault("deploy", Kind.HANG, nth=2))

        deploy = Scene(config=ONE_BY_ONE, on_failure=OnFailure.ROLLBACK, set=set_scene, cancel_at=cancel_at)
        return run(deploy)

    frozen_at = next(each.at for each in scene().datacentre["h1"].history if each.what == "asked to pause")
    for at in around(frozen_at + 0.03):
        ran = scene(at)
        old = ran.container("h1", "web", OLD)
        assert old is not None
        assert not old.running, at
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
