"""What can be opened as a run, and what is said of anything else."""

import gzip
import os
import tempfile
from pathlib import Path

import pytest

from backstaff.errors import JournalError
from backstaff.events.journal import JournalWriter
from backstaff.kamallog.read import read_kamal_log
from backstaff.replay.entries import Entry
from backstaff.replay.opened import opened
from tests.replay.journals import a_failed_run, a_journal, text_of

KAMAL = Path(__file__).parents[1] / "data" / "kamal"
RUN = a_failed_run()


def refused(path: Path) -> str:
    """What is said, in the one line that an operator reads."""
    with pytest.raises(JournalError) as error:
        opened(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said.removeprefix(f"{path}: ")


def test_a_journal_is_opened_as_it_is(tmp_path: Path) -> None:
    path = a_journal(tmp_path, RUN)
    with opened(path) as run:
        assert run.journal == path
        assert [each.event for each in run.recording.entries() if isinstance(each, Entry)] == RUN
        assert not run.goes_on()


def test_a_journal_that_is_being_written_goes_on(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, "run", pytest.fail)
    writer(RUN[0])
    with opened(writer.path) as run:
        assert run.goes_on()
        writer.close()
        assert not run.goes_on()


@pytest.mark.parametrize("log", sorted(KAMAL.glob("*.log")) + sorted(KAMAL.glob("*.typescript")), ids=str)
def test_what_kamal_printed_is_made_into_a_run(log: Path) -> None:
    with opened(log) as run:
        assert run.journal is None
        assert run.recording.name == str(log)
        events = [each.event for each in run.recording.entries() if isinstance(each, Entry)]
        assert events == list(read_kamal_log(log))


def test_what_is_made_of_a_log_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with opened(KAMAL / "report-2.6.0.log") as run:
        assert run.recording.size() > 0
        assert list(tmp_path.iterdir()) == []


def test_a_log_in_another_encoding_is_read_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_bytes("Bauen für das Büro\n".encode("latin-1") + (KAMAL / "report-2.6.0.log").read_bytes())
    with opened(log) as run:
        assert run.journal is None


def test_a_text_that_is_neither_is_told_to_be_neither(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("buy milk\n")
    assert refused(path).startswith("is neither a journal nor a log of Kamal's")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "holds no event, only empty lines"),
        (text_of(RUN)[:40], "cut off at its very start"),
        (b'{"v":99,"seq":1}\n', "format version 99 is newer"),
        (text_of(RUN).decode().encode("utf-16"), "is UTF-16 text"),
        (gzip.compress(text_of(RUN)), "is compressed with gzip"),
        (b"\x7fELF\0\0\0\n", "binary data"),
        (b'{"name": "x"}\n', "is neither a journal nor a log of Kamal's"),
        ('{"v":1,"text":"für"}\n'.encode("latin-1"), "the text is not UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_told_for_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert said in refused(path)


def test_a_directory_and_a_missing_file_are_told(tmp_path: Path) -> None:
    assert "is a directory" in refused(tmp_path)
    assert "there is no such file" in refused(tmp_path / "nothing")


def test_a_pipe_is_told_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "is a pipe" in refused(path)


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_journal(tmp_path, RUN)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("backstaff.replay.source.os.open", refuse)
    assert refused(path) == "you are not allowed to read it"


def test_a_log_for_which_there_is_no_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("backstaff.temporary.make_directory", full)
    assert "No space left" in refused(KAMAL / "report-2.6.0.log")
