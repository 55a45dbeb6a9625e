import os
import re
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backstaff.errors import ExitCode, JournalError
from backstaff.events.board import Board
from backstaff.events.journal import JournalWriter, journal_directory, new_run_id
from backstaff.events.journal_reader import read_journal
from backstaff.events.types import Event
from tests.events.builders import a_good_deploy

ROOT = Path(__file__).parents[2]


def written(directory: Path, events: list[Event]) -> Path:
    complaints: list[str] = []
    journal = JournalWriter(directory, "run", complaints.append)
    for event in events:
        journal(event)
    journal.close()
    assert complaints == []
    return journal.path


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    script = a_good_deploy()
    path = written(tmp_path / "runs", script.events)
    assert list(read_journal(path)) == script.events
    board = Board()
    for event in read_journal(path):
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
        assert len(list(read_journal(journal.path))) == number
    journal.close()


def test_an_existing_journal_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, a_good_deploy().events[:2])
    complaints: list[str] = []
    second = JournalWriter(tmp_path, "run", complaints.append)
    for event in a_good_deploy().events[:3]:
        second(event)
    second.close()
    assert len(list(read_journal(path))) == 2
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
    events = list(read_journal(path))
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
    numbers = [event.seq for event in read_journal(tmp_path / "run.jsonl")]
    assert numbers[: len(told)] == told
    assert len(numbers) <= len(told) + 1


@pytest.mark.parametrize("cut", [1, 2, 40, 90])
def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    events = a_good_deploy().events
    path = written(tmp_path, events)
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(read_journal(path)) == (events if cut == 1 else events[:-1])


def refusal(path: Path) -> JournalError:
    with pytest.raises(JournalError) as refused:
        list(read_journal(path))
    assert refused.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(refused.value)
    return refused.value


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"service: shop\nimage: x\n", "is not a journal: not an event: the line is not JSON"),
        (b'{"time":"12:00","msg":"Deployed"}\n', "is not a journal: not an event: it has no format version"),
        ('{"v":1,"seq":1}\n'.encode("utf-16"), "is not a journal: the text is not UTF-8"),
        (b"\x1f\x8b\x08\x00\xff\xff\n", "is not a journal: the text is not UTF-8"),
        (b'{"v":2,"seq":1,"kind":"run_started"}\n', "format version 2 is newer than 1"),
        (b'{"v":1,"seq":1,"at":"2026-', "holds no whole event"),
        (b"\0" * 100, "is not a journal"),
    ],
)
def test_what_is_no_journal_is_refused_in_one_line(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    error = refusal(path)
    assert what in error.what
    assert str(path) in error.where


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, a_good_deploy().events)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"{oops\n", *lines[4:]]))
    assert refusal(path).where == f"{path}:4"


def test_a_directory_and_a_missing_file_are_no_journals(tmp_path: Path) -> None:
    assert refusal(tmp_path).what == "is a directory, not a journal"
    assert refusal(tmp_path / "none").what == "there is no such file"


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert refusal(tmp_path / "x").what == "you are not allowed to read it"


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
