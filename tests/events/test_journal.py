import fcntl
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from backstaff.events.board import Board
from backstaff.events.journal import JournalWriter, began_at, journal_directory, new_run_id
from backstaff.events.journal_lock import is_held
from backstaff.events.types import Event
from backstaff.events.wire import parse_line
from tests.events.builders import a_good_deploy

ROOT = Path(__file__).parents[2]
ODD_NAMES = ["00010101-000000-a1b2", "99991231-235959-a1b2"]


def written(directory: Path, events: list[Event]) -> Path:
    complaints: list[str] = []
    journal = JournalWriter(directory, "run", complaints.append)
    for event in events:
        journal(event)
    journal.close()
    assert complaints == []
    return journal.path


def events_in(path: Path) -> list[Event]:
    """The events of all whole lines."""
    return [parse_line(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    script = a_good_deploy()
    path = written(tmp_path / "runs", script.events)
    assert events_in(path) == script.events
    board = Board()
    for event in events_in(path):
        board.fold(event)
    assert board == script.board


def test_the_file_is_its_owners_alone_from_its_first_byte(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        path = written(tmp_path / "state" / "runs", a_good_deploy().events[:1])
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_directory_that_others_could_read_is_closed(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir(mode=0o755)
    path = written(tmp_path / "runs", a_good_deploy().events[:1])
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_events_are_in_the_file_as_soon_as_they_happened(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "run", pytest.fail)
    for number, event in enumerate(a_good_deploy().events[:5], 1):
        journal(event)
        assert len(events_in(journal.path)) == number
    journal.close()


def test_an_existing_journal_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, a_good_deploy().events[:2])
    complaints: list[str] = []
    second = JournalWriter(tmp_path, "run", complaints.append)
    for event in a_good_deploy().events[:3]:
        second(event)
    second.close()
    assert len(events_in(path)) == 2
    assert complaints == [f"this run is no longer recorded: {path}: File exists"]


def test_a_directory_that_can_not_be_made_costs_one_complaint_and_no_deploy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    complaints: list[str] = []
    journal = JournalWriter(tmp_path / "file" / "runs", "run", complaints.append)
    for event in a_good_deploy().events[:3]:
        journal(event)
    journal.close()
    assert len(complaints) == 1
    assert "Not a directory" in complaints[0]


def in_a_process(code: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'app'}{os.pathsep}{ROOT}"}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )


FULL_DISK = """
import resource, sys
from pathlib import Path
from backstaff.events.journal import JournalWriter
from tests.events.builders import a_good_deploy

resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
journal = JournalWriter(Path(sys.argv[1]), "run", print)
for event in a_good_deploy().events:
    journal(event)
journal.close()
print("went on")
"""


def test_a_disk_that_fills_up_costs_one_complaint_and_the_rest_of_the_journal(tmp_path: Path) -> None:
    with in_a_process(FULL_DISK, str(tmp_path)) as process:
        out, _ = process.communicate(timeout=60)
    path = tmp_path / "run.jsonl"
    assert out == f"this run is no longer recorded: {path}: File too large\nwent on\n"
    events = events_in(path)
    assert events == a_good_deploy().events[: len(events)]
    assert path.stat().st_size == 5000


KILLED = """
import sys
from itertools import count
from pathlib import Path
from backstaff.events.journal import JournalWriter
from backstaff.events.types import Event, Output
from tests.events.builders import START

journal = JournalWriter(Path(sys.argv[1]), "run", print)
for number in count(1):
    journal(Event(seq=number, at=START, t=0, body=Output(source="build", text="x" * (number % 5000))))
    print(number, flush=True)
"""


def test_a_killed_run_is_read_up_to_its_last_whole_event(tmp_path: Path) -> None:
    with in_a_process(KILLED, str(tmp_path)) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(300)]
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    told += [int(line) for line in rest.splitlines()]
    numbers = [event.seq for event in events_in(tmp_path / "run.jsonl")]
    assert numbers[: len(told)] == told
    assert len(numbers) <= len(told) + 1


def test_a_run_is_locked_while_it_goes_on(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "run", pytest.fail)
    events = a_good_deploy().events
    journal(events[0])
    assert is_held(journal.path) is True
    for event in events[1:]:
        journal(event)
    assert is_held(journal.path) is True, "the last event is not yet the end"
    journal.close()
    assert is_held(journal.path) is False


def test_a_killed_run_is_not_locked_any_more(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with in_a_process(KILLED, str(tmp_path)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert is_held(path) is True
        process.send_signal(signal.SIGKILL)
        process.stdout.read()
    assert is_held(path) is False


def test_the_programs_that_a_run_starts_do_not_keep_its_lock(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "run", pytest.fail)
    journal(a_good_deploy().events[0])
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False):
        journal.close()
        assert is_held(journal.path) is False


def test_a_reader_who_looked_at_the_wrong_moment_delays_the_lock_by_one_event(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "run", pytest.fail)
    first, second, *_ = a_good_deploy().events
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fcntl, "flock", refusing(BlockingIOError(11, "busy")))
        journal(first)
    assert is_held(journal.path) is False
    journal(second)
    assert is_held(journal.path) is True
    journal.close()


def test_where_files_have_no_locks_a_run_is_recorded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", refusing(OSError(95, "Operation not supported")))
    path = written(tmp_path, a_good_deploy().events)
    assert events_in(path) == a_good_deploy().events
    assert is_held(path) is None


def test_whether_a_file_is_written_that_is_not_there_can_not_be_told(tmp_path: Path) -> None:
    assert is_held(tmp_path / "none") is None


def refusing(error: OSError) -> Callable[[int, int], None]:
    def refuse(_: int, __: int) -> None:
        raise error

    return refuse


@pytest.mark.parametrize(
    "run", ["run", "20261123-120357", "20261123-120357-xyz1", "20261399-120357-a1b2", *ODD_NAMES]
)
def test_what_is_no_run_id_has_no_beginning(run: str) -> None:
    assert began_at(run) is None


def test_a_run_id_tells_when_the_run_began_wherever_that_was() -> None:
    zone = timezone(timedelta(hours=5))
    run = new_run_id(datetime(2026, 11, 23, 17, 3, 57, tzinfo=zone))
    assert began_at(run) == datetime(2026, 11, 23, 12, 3, 57, tzinfo=UTC)


def test_run_ids_sort_by_time_and_do_not_meet() -> None:
    early = new_run_id(datetime(2026, 11, 23, 12, 3, 57, tzinfo=UTC))
    assert re.fullmatch(r"20261123-120357-[0-9a-f]{4}", early)
    assert early < new_run_id(datetime(2026, 11, 23, 12, 3, 58, tzinfo=UTC))


def test_the_state_directory_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BACKSTAFF_STATE_DIR", str(tmp_path))
    assert journal_directory() == tmp_path / "runs"
    monkeypatch.setenv("BACKSTAFF_STATE_DIR", "")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert journal_directory().name == "runs"
    assert "backstaff" in str(journal_directory())
