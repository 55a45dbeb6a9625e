import os
import socket
from pathlib import Path

import pytest

from backstaff.errors import ExitCode, JournalError
from backstaff.replay.recording import Recording
from tests.events.builders import a_good_deploy
from tests.replay.journals import a_journal, text_of

GOOD = text_of(a_good_deploy().events)


def refusal(path: Path) -> JournalError:
    with pytest.raises(JournalError) as refused:
        Recording.open(path)
    error = refused.value
    assert error.exit_code is ExitCode.USAGE
    assert "\n" not in str(error)
    assert error.where.startswith(str(path))
    assert not path.with_name(path.name + ".idx").exists()
    return error


@pytest.mark.parametrize(
    ("content", "what", "fix"),
    [
        (b"", "is empty", "backstaff runs"),
        (b"\n\n  \n", "holds no event, only empty lines", "backstaff runs"),
        (
            b"service: shop\nimage: x\n",
            "is not a journal: not an event: the line is not JSON",
            "backstaff runs",
        ),
        (b"  INFO [3f] Running docker ps on h1\n" * 500, "the line is not JSON", "backstaff runs"),
        (
            b'{"time":"12:00","msg":"Deployed"}\n',
            "is not a journal: not an event: it has no format",
            "backstaff runs",
        ),
        (b"[1, 2]\n", "the line is not a JSON object", "backstaff runs"),
        (b'{\n  "v": 1\n}\n', "the line is not JSON", "backstaff runs"),
        (GOOD.decode().encode("utf-16"), "is UTF-16 text", "iconv -f UTF-16"),
        (GOOD.decode().encode("utf-16-le"), "is UTF-16 text", "iconv -f UTF-16"),
        (GOOD.replace(b"ann", "änn".encode("latin-1"))[:300], "the text is not UTF-8", "iconv -f LATIN1"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "is not a journal but binary data", "backstaff runs"),
        (b"\0" * 100_000, "is not a journal but binary data", "backstaff runs"),
        (b"\x1f\x8b\x08\x00\xff\xff\n", "is compressed with gzip", "gunzip"),
        (
            GOOD.replace(b'"v":1', b'"v":2'),
            "can not be read: format version 2 is newer than 1",
            "the Backstaff version that wrote it",
        ),
        (b'{"v":1,"seq":1,"at":"2026-', "holds no whole event: the run was cut off", "backstaff runs"),
        (b"x" * 3_000_000, "is not a journal", "backstaff runs"),
    ],
)
def test_what_is_no_journal_is_refused_in_one_line_with_a_way_out(
    tmp_path: Path, content: bytes, what: str, fix: str
) -> None:
    error = refusal(a_journal(tmp_path, content))
    assert what in error.what
    assert fix in error.fix


def test_what_is_no_file_is_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").what == "is a pipe, not a file"
    assert refusal(Path("/dev/zero")).what == "is a device, not a file"
    assert refusal(tmp_path).what == "is a directory, not a journal"
    assert refusal(tmp_path / "none").what == "there is no such file"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert refusal(tmp_path / "s").what == "is a socket, not a file"


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = a_journal(tmp_path, GOOD)
    monkeypatch.setattr(os, "open", refuse)
    error = refusal(path)
    assert error.what == "you are not allowed to read it"
    assert error.fix


def test_one_damaged_line_at_the_start_does_not_make_it_another_file(tmp_path: Path) -> None:
    with Recording.open(a_journal(tmp_path, b"{oops\n" + GOOD)) as recording:
        assert recording.summary().started is not None


def test_refusing_leaves_no_file_open(tmp_path: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(5):
        refusal(a_journal(tmp_path, b"no journal\n"))
    assert len(list(Path("/dev/fd").iterdir())) == before
