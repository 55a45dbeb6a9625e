"""Reading a journal: event by event, up to the last whole one."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from backstaff.errors import JournalError
from backstaff.events.types import Event
from backstaff.events.wire import parse_line

LONGEST_LINE = 64 * 1024 * 1024


def read_journal(path: Path) -> Iterator[Event]:
    """The events of a journal, in order.

    A last line that was cut off (the writer was killed, or the disk was full) ends the journal quietly.
    Raises `JournalError` naming the file, and the line, for anything that is not a journal of ours.
    """
    try:
        with path.open("rb") as file:
            yield from _events(file, path)
    except IsADirectoryError:
        raise JournalError("is a directory, not a journal", where=str(path)) from None
    except FileNotFoundError:
        raise JournalError("there is no such file", where=str(path)) from None
    except PermissionError:
        raise JournalError("you are not allowed to read it", where=str(path)) from None
    except OSError as error:
        raise JournalError(f"can not be read: {error.strerror or error}", where=str(path)) from None


def _events(file: BinaryIO, path: Path) -> Iterator[Event]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        event = _event(line, path, number, last=not line.endswith(b"\n"))
        if event is None:
            return
        yield event
    if number == 0:
        raise JournalError("is empty: no event was ever written to it", where=str(path))


def _event(line: bytes, path: Path, number: int, *, last: bool) -> Event | None:
    """The event of a line; None if the line is the cut-off end of a journal."""
    try:
        return parse_line(_decoded(line))
    except JournalError as error:
        if last and number > 1:
            return None
        if last and line.startswith(b'{"v":'):
            raise JournalError(
                "holds no whole event: the run was cut off at its very start", where=str(path)
            ) from None
        what = f"is not a journal: {error.what}" if number == 1 and not error.fix else error.what
        raise JournalError(what, where=f"{path}:{number}", fix=error.fix) from None


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise JournalError("the text is not UTF-8") from None
