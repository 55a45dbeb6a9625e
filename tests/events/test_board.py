from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from backstaff.events.board import Board
from backstaff.events.board_state import KEPT_COMMANDS, KEPT_NOTICES, TAIL_LINES
from backstaff.events.facts import (
    BarrierState,
    ContainerFacts,
    HostState,
    Outcome,
    PairState,
    Phase,
    WaitKind,
)
from backstaff.events.types import (
    BarrierChanged,
    CommandRun,
    ContainersSeen,
    Event,
    HostChanged,
    Notice,
    Output,
    PhaseEnded,
    PhaseStarted,
    StepEnded,
    StepStarted,
    VersionSeen,
    WaitEnded,
)
from tests.events.builders import (
    Script,
    a_container,
    a_good_deploy,
    a_plan,
    a_run,
    a_stuck_barrier,
    container_event,
    line,
    pair,
    probe,
    wait,
)
from tests.events.strategies import any_event

BOARDS = TypeAdapter(Board)


def folded(events: list[Event], board: Board | None = None) -> Board:
    board = board or Board()
    for event in events:
        board.fold(event)
    return board


def restored(board: Board) -> Board:
    """The board as it comes back from a checkpoint."""
    return BOARDS.validate_json(BOARDS.dump_json(board))


@given(st.lists(any_event, max_size=25), st.integers(0, 25))
def test_a_checkpoint_anywhere_leads_to_the_same_board(events: list[Event], cut: int) -> None:
    whole = folded(events)
    assert folded(events[cut:], restored(folded(events[:cut]))) == whole
    assert restored(whole) == whole


@given(st.integers(0, 200))
def test_a_checkpoint_anywhere_in_a_real_run_leads_to_the_same_board(cut: int) -> None:
    events = a_stuck_barrier().events
    assert folded(events[cut:], restored(folded(events[:cut]))) == folded(events)


def test_a_good_deploy_ends_with_every_pair_healthy_and_nothing_open() -> None:
    board = a_good_deploy().board
    assert {pair.state for pair in board.pairs.values()} == {PairState.HEALTHY}
    assert not board.waits
    assert not board.steps
    assert board.waits_ended == {Outcome.DONE: 6}
    assert board.result is not None
    assert board.result.exit_code == 0
    assert board.phase() is None
    assert board.phases[Phase.PULL].took_s == 4.1


def test_a_pair_knows_its_plan_its_version_before_and_since_when_it_is_in_its_state() -> None:
    board = Script().at(0, a_run(), VersionSeen(host="h1", role="web", version="v41"), a_plan()).board
    web = board.pairs["web@h1"]
    assert (web.group, web.gatekeeper, web.proxied, web.version_before) == (1, True, True, "v41")
    script = (
        Script()
        .at(1, pair("h1", "web", PairState.CHECKING))
        .at(3, pair("h1", "web", PairState.CHECKING, "x"))
    )
    assert script.board.pairs["web@h1"].since_t == 1
    assert script.board.pairs["web@h1"].detail == "x"


def test_a_pair_shows_its_innermost_step_and_falls_back_to_the_outer_one() -> None:
    script = Script().at(1, StepStarted(step="boot", host="h1", role="web"))
    script.at(2, StepStarted(step="create", host="h1", role="web", detail="shop-web-v42"))
    assert script.board.pairs["web@h1"].step == "create"
    script.at(3, StepEnded(step="create", outcome=Outcome.DONE, took_s=1, host="h1", role="web"))
    assert (script.board.pairs["web@h1"].step, script.board.pairs["web@h1"].step_since_t) == ("boot", 1)
    script.at(4, StepEnded(step="boot", outcome=Outcome.DONE, took_s=3, host="h1", role="web"))
    assert script.board.pairs["web@h1"].step == ""
    assert script.board.step_of("h1", "web") is None


def test_a_step_of_the_whole_host_is_what_its_pairs_are_doing() -> None:
    board = Script().at(1, StepStarted(step="pull", host="h1")).board
    step = board.step_of("h1", "web")
    assert step is not None
    assert step.step == "pull"


def test_the_new_container_belongs_to_the_pair_and_the_old_one_does_not() -> None:
    script = Script().at(0, a_run())
    script.at(1, ContainersSeen(host="h1", containers=(a_container(version="v41"),)))
    script.at(2, container_event("h1", "web", "start", a_container()))
    renamed = a_container(name="shop-web-v42_replaced_0123456789abcdef")
    script.at(3, container_event("h1", "web", "rename", renamed))
    script.at(4, container_event("h1", "web", "die", a_container(version="v41", state="exited")))
    container = script.board.container_of(script.board.pairs["web@h1"])
    assert container is not None
    assert container.facts.version == "v42"
    assert container.facts.name == "shop-web-production-v42"


def test_a_removed_container_is_gone_and_a_list_replaces_what_was_known() -> None:
    script = Script().at(0, a_run()).at(1, container_event("h1", "web", "start", a_container()))
    script.at(2, container_event("h1", "web", "destroy", a_container()))
    assert script.board.containers["h1"] == {}
    assert script.board.container_of(script.board.pairs["web@h1"]) is None
    script.at(3, ContainersSeen(host="h1", containers=(a_container("h1", "job"),)))
    assert [view.role for view in script.board.containers["h1"].values()] == ["job"]


def test_a_container_tells_since_when_it_is_in_its_state() -> None:
    script = Script().at(1, ContainersSeen(host="h1", containers=(a_container(),)))
    (seen,) = script.board.containers["h1"].values()
    assert seen.since_t is None
    script.at(5, container_event("h1", "web", "die", a_container(state="exited")))
    (died,) = script.board.containers["h1"].values()
    assert died.since_t == 5


def test_equal_probes_in_a_row_are_one_and_others_follow() -> None:
    script = (
        Script().at(1, probe("h1", "connection refused", 1, 1)).at(2, probe("h1", "connection refused", 2, 2))
    )
    script.at(3, probe("h1", "unexpected status (404)", 1, 3))
    probes = script.board.probes["web@h1"]
    assert [(each.result, each.count) for each in probes] == [
        ("connection refused", 2),
        ("unexpected status (404)", 1),
    ]


def test_a_wait_counts_down_from_its_start_and_then_from_its_latest_explanation() -> None:
    script = Script().at(10, wait(1, WaitKind.HEALTH, "h1", "web", "health", 30))
    assert script.board.waits[1].left_s(15) == 25
    script.at(20, script.explain(20, 1).events[-1].body)
    moved = replace(script.board.waits[1], told_left_s=29.0, told_t=20.0)
    assert moved.left_s(21) == 28
    assert moved.left_s(100) == 0
    script.at(22, WaitEnded(wait=1, outcome=Outcome.EXPIRED, took_s=12))
    assert script.board.waits == {}
    assert script.board.waits_ended == {Outcome.EXPIRED: 1}


def test_a_host_keeps_its_disk_and_engine_version_when_only_its_state_changes() -> None:
    script = Script().at(1, HostChanged(host="h1", state=HostState.CONNECTED, docker="27.3.1", free_disk=5))
    script.at(2, HostChanged(host="h1", state=HostState.QUIET, detail="no answer for 4 s"))
    host = script.board.hosts["h1"]
    assert (host.docker, host.free_disk, host.since_t, host.detail) == ("27.3.1", 5, 2, "no answer for 4 s")


def test_a_barrier_keeps_the_time_at_which_it_changed_and_not_of_every_mention() -> None:
    closed = BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=("h1",))
    script = Script().at(1, closed).at(5, closed)
    assert script.board.barriers["web"].since_t == 1
    script.at(6, BarrierChanged(barrier="web", state=BarrierState.OPEN))
    assert script.board.barriers["web"].since_t == 6


def test_output_commands_and_notices_are_bounded_and_counted() -> None:
    script = Script()
    for number in range(300):
        script.at(number, line("h1", "web", f"line {number}", "c1"))
        script.at(number, CommandRun(line=f"c {number}", took_s=0.1, status=0))
        script.at(number, Notice(level="info", text=str(number)))
    (tail,) = script.board.output.values()
    assert (len(tail.lines), tail.total) == (TAIL_LINES, 300)
    assert tail.lines[-1].text == "line 299"
    assert (len(script.board.commands), script.board.commands_run) == (KEPT_COMMANDS, 300)
    assert len(script.board.notices) == KEPT_NOTICES


def test_a_tail_is_found_by_role_or_by_name() -> None:
    hook = Output(source="hook", name="pre-build", text="ok")
    script = Script().at(1, line("h1", "web", "a", "c1"), line("h1", "web", "b", "c2"), hook)
    assert [each.text for each in script.board.tail("container", "h1", "web")] == ["a", "b"]
    assert [each.text for each in script.board.tail("hook", "", name="pre-build")] == ["ok"]
    assert script.board.tail("container", "h9", "web") == []


def test_a_list_does_not_wipe_out_what_inspection_told() -> None:
    dead = a_container(state="exited", exit_code=1, ran_s=0.9, restarts=2)
    script = Script().at(0, a_run()).at(1, container_event("h1", "web", "die", dead))
    listed = ContainerFacts(
        id=dead.id, name=dead.name, image=dead.image, state="exited", status="Exited (1) 2 seconds ago"
    )
    script.at(3, ContainersSeen(host="h1", containers=(listed,)))
    view = script.board.containers["h1"][dead.id]
    assert (view.facts.exit_code, view.facts.restarts, view.since_t) == (1, 2, 1)
    assert view.facts.status == "Exited (1) 2 seconds ago"


def test_steps_that_failed_are_kept_with_what_they_said() -> None:
    ended = StepEnded(step="create", outcome=Outcome.FAILED, took_s=1, host="h1", role="web", detail="no")
    board = Script().at(1, ended, ended.model_copy(update={"outcome": Outcome.DONE})).board
    assert [(each.step, each.detail) for each in board.failed_steps] == [("create", "no")]


def test_the_version_of_a_container_may_be_told_by_its_name_alone() -> None:
    new = a_container().model_copy(update={"version": ""})
    old = a_container(version="v41").model_copy(update={"version": ""})
    script = Script().at(0, a_run())
    script.at(1, container_event("h1", "web", "start", new), container_event("h1", "web", "die", old))
    assert script.board.pairs["web@h1"].container == new.id


def test_the_phase_that_goes_on_is_the_one_begun_last() -> None:
    script = Script().at(1, PhaseStarted(phase=Phase.PULL)).at(2, PhaseStarted(phase=Phase.LOCK))
    going_on = script.board.phase()
    assert going_on is not None
    assert going_on.phase is Phase.LOCK
    script.at(3, PhaseEnded(phase=Phase.LOCK, outcome=Outcome.DONE, took_s=1))
    going_on = script.board.phase()
    assert going_on is not None
    assert going_on.phase is Phase.PULL


def test_the_time_of_day_of_any_offset_follows_from_the_last_event() -> None:
    board = a_stuck_barrier().board
    wall = board.wall(0)
    assert wall is not None
    assert f"{wall:%H:%M:%S}" == "12:03:57"
