import pytest

from backstaff.console.dialogs.cancel_run import STAY, TITLE, VERB, what_cancelling_does
from backstaff.console.dialogs.confirm import Confirm
from backstaff.console.hanging import Fact
from backstaff.events.board import Board
from backstaff.events.facts import LockState, Outcome, PairState, Phase
from backstaff.events.types import (
    LockChanged,
    PhaseEnded,
    PhaseStarted,
    StepEnded,
    StepStarted,
    VersionSeen,
)
from tests.console.stand import SIZES, Stand, lines_of
from tests.events.builders import (
    Script,
    a_good_deploy,
    a_plan,
    a_run,
    a_stuck_barrier,
    at_the_barrier,
    pair,
    until_boot,
)


def said(board: Board) -> dict[str, str]:
    return {each.label: each.text for each in what_cancelling_does(board) if isinstance(each, Fact)}


def fate_of_web_on_h1(state: PairState) -> str:
    found = said(until_boot(Script()).at(20, pair("h1", "web", state)).board)
    return next(text for label, text in found.items() if label.startswith("web on h1"))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PairState.QUEUED, "not booted; v41 keeps serving"),
        (PairState.WAITING, "not booted; v41 keeps serving"),
        (PairState.CREATING, "v42 is being created and is never started; v41 keeps serving"),
        (PairState.STARTING, "v42 is starting and is stopped; v41 keeps serving"),
        (PairState.CHECKING, "v42 is stopped unless it takes the traffic by then; v41 keeps serving"),
        (PairState.SWITCHING, "traffic moves to v42, which is stopped only if it does not serve by then"),
        (PairState.STOPPING_OLD, "stays on v42; its old container may still be stopping"),
        (PairState.HEALTHY, "stays on v42"),
        (PairState.FAILED, "stays as it is, failed; v41 keeps serving"),
    ],
)
def test_what_becomes_of_a_role_depends_on_how_far_it_is(state: PairState, expected: str) -> None:
    assert fate_of_web_on_h1(state) == expected


@pytest.mark.parametrize("state", PairState)
def test_every_state_has_a_fate(state: PairState) -> None:
    assert fate_of_web_on_h1(state)


def test_a_role_without_proxy_is_stopped_for_sure_and_runs_instead_of_serving() -> None:
    script = until_boot(Script()).at(20, pair("h3", "job", PairState.CHECKING))
    assert said(script.board)["job on h3"] == "v42 is being checked and is stopped; v41 keeps running"


def test_roles_with_the_same_fate_share_a_line_and_the_most_momentous_comes_first() -> None:
    assert list(said(a_stuck_barrier().board).items())[:3] == [
        ("web on h1", "v42 is stopped unless it takes the traffic by then; v41 keeps serving"),
        ("job on h3 and h4", "not booted; v41 keeps running"),
        ("web on h2", "stays as it is, failed; v41 keeps serving"),
    ]


def test_where_nothing_ran_before_nothing_keeps_serving() -> None:
    script = until_boot(Script()).at(7, VersionSeen(host="h1", role="web", version=""))
    assert said(script.board)["web on h1"] == "not booted; nothing ran there before"


def test_where_it_was_not_looked_up_nothing_is_promised_but_to_leave_it_alone() -> None:
    board = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.CONNECT)).board
    assert said(board)["web on h1 and h2"] == "not booted; what runs there is not touched"


def test_a_version_that_is_deployed_again_keeps_its_earlier_container() -> None:
    script = until_boot(Script()).at(7, VersionSeen(host="h1", role="web", version="v42"))
    assert said(script.board)["web on h1"] == "not booted; the container of v42 before it keeps serving"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (LockState.OURS, "on h1 is released"),
        (LockState.TAKEN_OVER, "on h1 is released"),
        (LockState.FREE, "is not held"),
        (LockState.HELD, "on h1 is somebody else's and stays theirs"),
        (LockState.RELEASED, "on h1 is released already"),
        (LockState.LEFT_BEHIND, "on h1 could not be released: backstaff lock release -h h1"),
    ],
)
def test_what_becomes_of_the_lock(state: LockState, expected: str) -> None:
    changed = LockChanged(state=state, host="h1", release="backstaff lock release -h h1")
    assert said(until_boot(Script()).at(7, changed).board)["the lock"] == expected


def test_a_lock_that_is_just_being_taken_is_given_back_if_it_has_become_ours() -> None:
    script = Script().at(0, a_run(), a_plan(), StepStarted(step="take the deploy lock", host="h1"))
    assert "given back" in said(script.board)["the lock"]


def test_without_a_word_about_the_lock_it_is_not_held_yet_or_our_callers() -> None:
    script = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.CONNECT))
    assert said(script.board)["the lock"] == "is not held yet"
    script.at(1, PhaseEnded(phase=Phase.CONNECT, outcome=Outcome.DONE, took_s=1))
    script.at(1, PhaseStarted(phase=Phase.BOOT))
    assert "caller" in said(script.board)["the lock"]


@pytest.mark.parametrize(
    ("phase", "label"), [(Phase.BUILD, "the build"), (Phase.PULL, "the pulls"), (Phase.FINISH, "tidying up")]
)
def test_what_goes_on_beside_the_roles_is_ended(phase: Phase, label: str) -> None:
    script = until_boot(Script()).at(7, PhaseStarted(phase=phase))
    assert "ended" in said(script.board)[label]
    assert label not in said(until_boot(Script()).board)


def test_a_hook_is_ended() -> None:
    script = until_boot(Script()).at(7, StepStarted(step="hook pre-app-boot"))
    assert said(script.board)["hook pre-app-boot"] == "is ended"
    script.at(8, StepEnded(step="hook pre-app-boot", outcome=Outcome.DONE, took_s=1))
    assert "hook pre-app-boot" not in said(script.board)


def test_after_the_end_there_is_nothing_to_cancel() -> None:
    assert what_cancelling_does(a_good_deploy().board) == ()


def test_two_hundred_hosts_take_a_few_lines() -> None:
    hosts = tuple(f"h{number}" for number in range(200))
    planned = a_plan()
    pairs = tuple(planned.pairs[0].model_copy(update={"host": host}) for host in hosts)
    plan = planned.model_copy(update={"hosts": hosts, "pairs": pairs})
    labels = list(said(Script().at(0, a_run(), plan).board))
    assert labels == ["web on h0, h1, h2 and 197 more", "the lock"]


@pytest.mark.parametrize("size", SIZES)
async def test_the_dialog_says_it_all_before_anything_is_cancelled(size: tuple[int, int]) -> None:
    what = what_cancelling_does(at_the_barrier(until_boot(Script())).board)
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        answers: list[object] = []
        app.push_screen(Confirm(TITLE, what, VERB, destructive=True, stay=STAY), answers.append)
        await pilot.pause()
        text = "\n".join(lines_of(app.screen))
        for words in (TITLE, "web on h1 and h2", "job on h3 and h4", "on h1 is released", VERB, STAY):
            assert words in text
        await pilot.press("enter")
        assert answers == [False]
