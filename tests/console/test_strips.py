"""The lines at the top of the main screen."""

import pytest

from backstaff.console.barrier_strip import barrier_lines
from backstaff.console.phase_bar import phase_line
from backstaff.console.progress_strip import progress_lines
from backstaff.console.run_header import header_line
from backstaff.console.session import RunInfo
from backstaff.console.summary_text import summary_lines
from backstaff.events.board import Board
from backstaff.events.facts import BarrierState, LockState, Outcome, Phase, WaitKind
from backstaff.events.types import BarrierChanged, LockChanged, PhaseStarted, Progress, WaitEnded
from tests.events.builders import (
    Script,
    a_good_deploy,
    a_plan,
    a_run,
    a_stuck_barrier,
    at_the_barrier,
    until_boot,
    wait,
    waits_without_a_limit,
)
from tests.headless.pictures import failed

WIDTHS = (20, 40, 58, 78, 118, 200)


def header(board: Board, width: int = 118) -> str:
    return header_line(board, RunInfo(), board.t, width).plain


def barrier(board: Board, width: int = 118) -> str:
    return "\n".join(line.plain for line in barrier_lines(board, board.t, width))


def a_failed_board() -> Board:
    board = Board()
    for event in failed():
        board.fold(event)
    return board


def test_the_header_says_what_goes_where_in_which_phase_since_when_and_who_has_the_lock() -> None:
    said = header(a_stuck_barrier().board)
    assert said.split() == [
        "shop",
        "·",
        "production",
        "v41",
        "→",
        "v42",
        "deploy",
        "boot",
        "0:32",
        "✓",
        "lock",
        "ours",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_header_is_as_wide_as_there_is_room_and_leaves_out_what_matters_less(width: int) -> None:
    for board in (Board(), until_boot(Script()).board, a_stuck_barrier().board, a_failed_board()):
        line = header_line(board, RunInfo(title="first deploy"), board.t, width)
        assert line.cell_length <= width
        if board.run is not None and width >= 40:
            assert "shop" in line.plain


def test_the_header_names_the_group_that_boots() -> None:
    script = Script().at(0, a_run(), a_plan(job_first=True).model_copy(update={"groups": (("h1",), ("h2",))}))
    script.at(1, PhaseStarted(phase=Phase.BOOT))
    assert "boot, group 1 of 2" in header(script.board)


def test_the_header_names_the_holder_of_a_lock_that_is_held_by_somebody_else() -> None:
    script = until_boot(Script())
    script.at(7, LockChanged(state=LockState.HELD, host="h1", details=("Locked by: Bob at 2026-11-23",)))
    assert "lock held by Bob" in header(script.board)


def test_the_header_ends_with_the_verdict() -> None:
    assert "DONE" in header(a_good_deploy().board)
    assert "FAILED" in header(a_failed_board())


def test_phases_have_their_times_where_there_is_room_else_only_their_names() -> None:
    board = a_stuck_barrier().board
    wide = phase_line(board, 32, 118).plain
    assert wide.startswith("✓ connect 0.4 s   ✓ build 1.3 s   ✓ pull 4.1 s")
    assert "▸ boot 25 s" in wide
    assert wide.endswith("◦ finish   ◦ verify")
    assert (
        phase_line(board, 32, 78).plain
        == "✓ connect  ✓ build  ✓ pull  ✓ lock  ✓ prepare  ▸ boot  ◦ finish  ◦ verify"
    )
    assert phase_line(board, 32, 58).plain == "▸ boot 25 s   phase 6 of 8"


def test_a_barrier_says_who_can_open_it_who_waits_and_until_when() -> None:
    said = barrier(a_stuck_barrier().board)
    assert said.startswith("⋯ barrier web closed   0 of 2 healthy   can open: h1   waiting: job@h3 job@h4")
    assert said.endswith("18 s left")


def test_the_time_of_a_barrier_ends_when_it_fails_not_when_those_who_wait_would_give_up() -> None:
    assert "12 s of 30 s" in barrier(a_stuck_barrier().board)
    unknown = at_the_barrier(until_boot(Script()))
    unknown.at(21, WaitEnded(wait=3, outcome=Outcome.CANCELLED, took_s=0.7)).at(32)
    assert "1 s of 45 s" in barrier(unknown.board, 70), "h1 has no time of its own now"


def test_the_bar_of_a_barrier_becomes_small_before_names_are_left_out() -> None:
    board = a_stuck_barrier().board
    drawn = {width: barrier(board, width) for width in (200, 118, 111, 78, 58)}
    bars = {width: line.count("━") + line.count("─") for width, line in drawn.items()}
    assert bars[200] == 22
    assert 22 > bars[118] > bars[111] >= 6
    for width in (118, 111):
        assert "can open: h1   waiting: job@h3 job@h4" in drawn[width]
    assert bars[78] >= 6
    assert "2 waiting" in drawn[78]
    assert drawn[58] == "⋯ barrier web closed   0 of 2 healthy   12 s of 30 s"


@pytest.mark.parametrize("width", WIDTHS[2:])
def test_a_barrier_without_a_limit_has_no_bar_and_no_time_left(width: int) -> None:
    (line,) = barrier_lines(waits_without_a_limit().board, 32, width)
    assert line.plain.endswith("12 s, no limit")
    assert line.cell_length <= width
    assert not {"━", "─"} & {*line.plain}
    assert ("waiting: job@h3 job@h4" in line.plain) is (width >= 118)


def test_the_longest_wait_at_a_barrier_is_the_one_without_a_limit() -> None:
    script = waits_without_a_limit()
    script.at(31, WaitEnded(wait=2, outcome=Outcome.CANCELLED, took_s=11))
    script.at(31, wait(9, WaitKind.BARRIER, "h4", "job", "the first healthy web container", 45))
    assert barrier(script.board).endswith("11 s, no limit")


def test_reasons_are_cut_by_the_cells_they_take() -> None:
    script = until_boot(Script())
    script.at(7, BarrierChanged(barrier="web", state=BarrierState.FAILED, reason="漢" * 60))
    (line,) = barrier_lines(script.board, 7, 60)
    assert 58 <= line.cell_length <= 60
    assert line.plain.endswith("漢…")


def test_what_is_pulled_is_cut_by_the_cells_it_takes() -> None:
    script = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.BUILD))
    script.at(1, Progress(subject="build", current=3, total=12, text="漢" * 60))
    (line,) = progress_lines(script.board, 60)
    assert 58 <= line.cell_length <= 60
    assert line.plain.endswith("漢…")


def test_a_barrier_that_failed_says_why() -> None:
    assert "✗ barrier web failed   no web container became healthy" in barrier(a_failed_board())


def test_an_open_barrier_takes_no_room_once_the_boot_is_over() -> None:
    assert barrier(a_good_deploy().board) == ""


@pytest.mark.parametrize("width", WIDTHS[2:])
def test_strips_fit_the_width(width: int) -> None:
    for board in (a_stuck_barrier().board, a_failed_board(), a_good_deploy().board):
        for line in (*barrier_lines(board, board.t, width), phase_line(board, board.t, width)):
            assert line.cell_length <= width


def test_pulls_are_one_bar_that_names_the_last_host() -> None:
    script = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.PULL))
    for host, current in (("h1", 48_000_000), ("h2", 12_000_000)):
        script.at(
            1, Progress(subject="pull", host=host, current=current, total=48_000_000, text="Downloading")
        )
    (line,) = progress_lines(script.board, 100)
    assert line.plain.startswith("pull  ━")
    assert line.plain.endswith("60 MB of 96 MB   1 of 2 hosts   h2 is last: Downloading")
    assert line.cell_length <= 100


def test_what_has_no_room_beside_the_bar_of_a_pull_is_left_out_whole() -> None:
    script = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.PULL))
    for host in ("h1", "h2"):
        script.at(
            1, Progress(subject="pull", host=host, current=12_000_000, total=48_000_000, text="Downloading")
        )
    told = {progress_lines(script.board, width)[0].plain.rpartition("  ")[2] for width in range(45, 100)}
    assert told == {"24 MB of 96 MB", "0 of 2 hosts", "h1 is last: Downloading"}


def test_the_reason_of_a_barrier_is_never_cut_inside_of_its_brackets() -> None:
    whole = barrier(a_failed_board(), 200)
    assert "(h2: exited 1; h1: not healthy within 30 s)" in whole
    assert barrier(a_failed_board(), 78).endswith("no web container became healthy")


def test_a_build_shows_its_step() -> None:
    script = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.BUILD))
    script.at(1, Progress(subject="build", current=3, total=12, text="RUN \x1b[31mnpm ci"))
    (line,) = progress_lines(script.board, 80)
    assert line.plain.startswith("build  ━")
    assert line.plain.endswith("3 of 12   RUN npm ci")


def test_progress_is_gone_with_its_phase() -> None:
    assert progress_lines(until_boot(Script()).board, 80) == []


def test_the_summary_tells_the_time_of_each_phase_and_what_serves_or_runs() -> None:
    said = [line.plain.rstrip() for line in summary_lines(a_good_deploy().board, 70)]
    assert said[0] == "DONE  shop v42 in 18 s"
    assert any(line.startswith("✓ pull") and "4.1 s" in line for line in said)
    assert said[-4:] == [
        "h1  web  ✓ v42 serves",
        "h2  web  ✓ v42 serves",
        "h3  job  ✓ v42 runs",
        "h4  job  ✓ v42 runs",
    ]
