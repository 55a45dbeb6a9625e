"""Files with Kamal's output: which are, which are not, and that they are read as streams."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from backstaff.errors import JournalError
from backstaff.events.facts import Phase
from backstaff.events.types import Notice, Output, RunEnded, RunStarted
from backstaff.kamallog.read import LOOKAHEAD, events_of, is_kamal_log, read_kamal_log, recognise
from backstaff.kamallog.wrapping import Wrapping
from tests.kamallog.logs import CAPTURES, DATA, as_github, bare, board_of, capture, states, told


@pytest.mark.parametrize("name", CAPTURES)
def test_captures_are_read_from_their_files(name: str) -> None:
    assert is_kamal_log(DATA / name)
    events = list(read_kamal_log(DATA / name))
    [started] = told(events, RunStarted)
    assert started.run == Path(name).stem
    assert events[0].at.year >= 2025


def test_the_kind_of_file_is_told() -> None:
    assert recognise(capture("verbose.log")) is Wrapping.PLAIN
    assert recognise(capture("terminal.typescript")) is Wrapping.TERMINAL
    assert recognise(as_github(bare("verbose.log"))) is Wrapping.GITHUB


def test_other_files_are_not_kamals(tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    other.write_text("INFO starting\nWaiting for a web container\n")
    assert recognise(other.read_text().splitlines()) is None
    with pytest.raises(JournalError, match="is not a log of Kamal's") as caught:
        next(read_kamal_log(other))
    assert caught.value.where == str(other)


@pytest.mark.parametrize(("name", "what"), [("missing", "there is no such file"), (".", "is a directory")])
def test_a_file_that_can_not_be_read_is_one_clear_line(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(JournalError, match=what):
        next(read_kamal_log(tmp_path / name))


def test_wrong_bytes_become_characters_that_say_so(tmp_path: Path) -> None:
    log = tmp_path / "kamal.log"
    log.write_bytes(b"\xff\xfe caf\xe9\n" + (DATA / "rollback.log").read_bytes() + b"\x80\x81")
    events = list(read_kamal_log(log))
    assert told(events, Output)[0].text == "\ufffd\ufffd caf\ufffd"
    assert [each.verdict for each in told(events, RunEnded)] == ["done"]


def test_kamals_own_log_files_tell_their_time_and_their_end(tmp_path: Path) -> None:
    log = tmp_path / "2026-11-23T09-15-00_staging_deploy.log"
    lines = [line for line in bare("verbose.log") if "Finished all in" not in line]
    log.write_text("\n".join([*lines, "# Completed in 11.7s", ""]))
    events = list(read_kamal_log(log))
    assert (events[0].at.month, events[0].at.day) == (11, 23)
    assert [each.verdict for each in told(events, RunEnded)] == ["done"]


def test_the_error_in_kamals_own_log_file_is_the_cause(tmp_path: Path) -> None:
    log = tmp_path / "2026-11-23T09-15-00_deploy.log"
    log.write_text(
        "Pull app image...\n"
        "  INFO [aaaaaaaa] Running docker pull x on h1\n"
        "# FAILED: RuntimeError: no (1.2s)\n"
    )
    board = board_of(read_kamal_log(log))
    assert board.failure is not None
    assert board.failure.cause == "no"


def test_the_error_of_many_hosts_in_kamals_own_log_file_is_taken_apart(tmp_path: Path) -> None:
    lines = [line for line in bare("unhealthy.log") if "Finished all in" not in line]
    place = next(number for number, line in enumerate(lines) if "ERROR (SSHKit" in line)
    error = ["# FAILED: SSHKit::Runner::MultipleExecuteError: Exceptions on 3 hosts:", *lines[place + 1 :]]
    error[-1] += " (9.4s)"
    log = tmp_path / "2026-11-23T09-15-00_deploy.log"
    log.write_text("\n".join([*lines[:place], *error]))
    events = list(read_kamal_log(log))
    board = board_of(events)
    assert board.failure is not None
    assert board.failure.cause == "the proxy did not find web healthy within 3 s"
    assert states(board)["job@10.0.0.13"] == "halted"


def test_kamals_own_log_files_miss_no_lines(tmp_path: Path) -> None:
    log = tmp_path / "2026-11-23T09-15-00_deploy.log"
    log.write_text("\n".join(bare("report-2.6.0.log")))
    board = board_of(read_kamal_log(log))
    assert board.failure is not None
    assert not any("holds back" in line for line in board.failure.evidence)


def test_a_log_without_times_says_once_that_they_are_estimated() -> None:
    events = list(events_of(bare("unhealthy.log")))
    notices = [each.text for each in told(events, Notice) if "estimated" in each.text]
    assert len(notices) == 1
    board = board_of(events)
    assert board.phases[Phase.BOOT].took_s > 3


def test_no_more_than_the_beginning_is_held() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        yield from bare("verbose.log")
        while True:
            taken += 1
            yield f"line {taken}\n"

    list(islice(events_of(endless()), 5 * LOOKAHEAD))
    assert taken < 6 * LOOKAHEAD


def test_what_comes_after_the_beginning_still_makes_up_the_plan() -> None:
    filler = [f"step {number} of another program\n" for number in range(LOOKAHEAD)]
    board = board_of(events_of([*filler, *bare("report-2.6.0.log")]))
    assert board.plan is not None
    assert board.plan.groups == (("job-1",), ("web-1", "web-2"))
    assert board.failure is not None
    assert "no web host has started; its group comes after" in board.failure.cause
