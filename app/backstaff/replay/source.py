"""Where the bytes of a journal come from: a file now; anything else that can be read at any place as well."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backstaff.errors import JournalError


@dataclass(frozen=True)
class SourceStamp:
    """What tells one state of a source from another: its size in bytes, its last change, and which it is."""

    size: int
    mtime_ns: int
    inode: int


class Source(Protocol):
    """Bytes that can be read at any place, and may become more while they are read."""

    name: str
    """How people call it: the path."""

    def stamp(self) -> SourceStamp:
        """Its state now. Raises `JournalError`."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on; fewer only at the end. Raises `JournalError`."""
        ...

    def close(self) -> None:
        """Reading is over."""


class FileSource:
    """A regular file, read in pieces: what is not asked for is never in memory. Safe to use from threads."""

    def __init__(self, path: Path) -> None:
        """Raises `JournalError` for anything that can not be opened or is no regular file."""
        self.name = str(path)
        try:
            self._descriptor = _opened(path)
        except OSError as error:
            raise _refusal(error, self.name) from None

    def stamp(self) -> SourceStamp:
        """The file's state now."""
        try:
            found = os.fstat(self._descriptor)
        except OSError as error:
            raise _refusal(error, self.name) from None
        return SourceStamp(found.st_size, found.st_mtime_ns, found.st_ino)

    def read(self, offset: int, length: int) -> bytes:
        """Bytes of the file."""
        pieces: list[bytes] = []
        try:
            while length and (piece := os.pread(self._descriptor, length, offset)):
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
        except OSError as error:
            raise _refusal(error, self.name) from None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _opened(path: Path) -> int:
    """Looks before it opens: to open a pipe waits for its writer, and to open a device may do something."""
    _check_kind(path.stat().st_mode, path)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _check_kind(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_kind(mode: int, path: Path) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise JournalError(
            "is a directory, not a journal", where=str(path), fix=f"name a file, such as {path}/RUN.jsonl"
        )
    what = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    raise JournalError(
        f"is {what}, not a file", where=str(path), fix="save what comes out of it to a file, and open that"
    )


def _refusal(error: OSError, name: str) -> JournalError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return JournalError("there is no such file", where=name, fix="`backstaff runs` lists what there is")
    if isinstance(error, PermissionError):
        fix = "ask its owner for a copy, or read it as its owner"
        return JournalError("you are not allowed to read it", where=name, fix=fix)
    return JournalError(f"can not be read: {error.strerror or error}", where=name)
