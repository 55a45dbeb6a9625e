"""Pieces of data in a file: written one after the other, read at any place."""

import os
import tempfile
from pathlib import Path

MAGIC = b"backstaff index\n"
"""How a file with an index begins."""
_PIECE = 1024 * 1024


class Blobs:
    """Pieces of data in a file, the first one behind `MAGIC`. Safe to read from threads."""

    def __init__(self, descriptor: int | None = None, length: int = 0, directory: Path | None = None) -> None:
        """Those of an open file of so many bytes; or else new ones, in a file without a name that is made
        when it is needed, in `directory` if that can be written. The descriptor is closed with this."""
        self.length = length
        self._descriptor = descriptor
        self._directory = directory

    def add(self, data: bytes) -> int:
        """Write a piece; the place to read it from. Raises OSError."""
        if self._descriptor is None:
            self._descriptor = _nameless_file(self._directory)
            self._write(MAGIC)
        return self._write(data)

    def read(self, place: int, size: int) -> bytes:
        """The data at a place, or less where the file ends or can not be read."""
        if self._descriptor is None:
            return b""
        try:
            return os.pread(self._descriptor, size, place)
        except (OSError, OverflowError, ValueError):
            return b""

    def copy_into(self, descriptor: int) -> "Blobs":
        """Write all pieces to an empty file, at the same places. Raises OSError."""
        copy = Blobs(descriptor, 0, self._directory)
        while copy.length < self.length:
            data = self.read(copy.length, min(_PIECE, self.length - copy.length))
            if not data:
                raise OSError(f"only {copy.length} of {self.length} bytes are left")
            copy._write(data)
        return copy

    def copied(self) -> "Blobs":
        """The same pieces in a file without a name, to which more can be added. Raises OSError."""
        return self.copy_into(_nameless_file(self._directory))

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, data: bytes) -> int:
        if self._descriptor is None:
            raise OSError("the file is closed")
        place, written = self.length, 0
        while written < len(data):
            written += os.pwrite(self._descriptor, data[written:], place + written)
        self.length += len(data)
        return place


def _nameless_file(directory: Path | None) -> int:
    """It is gone as soon as nobody has it open: also after a kill nothing is left behind."""
    try:
        return _made_in(directory)
    except OSError:
        return _made_in(None)


def _made_in(directory: Path | None) -> int:
    with tempfile.TemporaryFile(dir=directory) as file:
        return os.dup(file.fileno())
