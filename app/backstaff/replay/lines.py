"""The lines of a source, from any line's start on, forward and backward, in pieces of bounded size."""

from collections.abc import Iterator
from typing import NamedTuple

from backstaff.replay.source import Source

CHUNK = 256 * 1024
LONGEST_LINE = 8 * 1024 * 1024
"""Longer lines are not kept in memory: no event is that long."""


class RawLine(NamedTuple):
    """One line: where it begins, where the next one does, and its bytes without the line end.

    `data` is None for a line that is too long. A line is `whole` if it has its line end; only the last one
    of a source may have none: it is still being written, or its writer was cut off."""

    offset: int
    end: int
    data: bytes | None
    whole: bool


def lines_from(source: Source, offset: int = 0, stop: int | None = None) -> Iterator[RawLine]:
    """The lines from the one that begins at `offset`, up to the end of the source as it is now.

    A `stop` must lie where a line ends. Raises `JournalError` if the source can not be read."""
    at = offset
    stop = source.stamp().size if stop is None else stop
    held: list[bytes] = []
    while at < stop and (chunk := source.read(at, min(CHUNK, stop - at))):
        first, *others = chunk.split(b"\n")
        end = at + len(first)
        _hold(held, first, end - offset)
        at += len(chunk)
        for piece in others:
            yield RawLine(offset, end + 1, _joined(held), whole=True)
            offset, end = end + 1, end + 1 + len(piece)
            held = [piece] if len(piece) <= LONGEST_LINE else []
    if at > offset:
        yield RawLine(offset, at, _joined(held), whole=False)


def lines_before(source: Source, offset: int) -> Iterator[RawLine]:
    """The lines before the one that begins at `offset` (the end of the source counts as one), last first.

    Raises `JournalError` if the source can not be read."""
    at = end = offset
    whole = False
    held: list[bytes] = []
    while at > 0 and (chunk := source.read(max(0, at - CHUNK), min(CHUNK, at))):
        first, *others = chunk.split(b"\n")
        for piece in reversed(others):
            start = at - len(piece)
            _hold(held, piece, end - start - whole)
            if end > start:
                yield RawLine(start, end, _joined(held[::-1]), whole)
            end, whole, held = start, True, []
            at = start - 1
        at -= len(first)
        _hold(held, first, end - at - whole)
    if end > 0:
        yield RawLine(0, end, _joined(held[::-1]), whole)


def _hold(held: list[bytes], piece: bytes, length: int) -> None:
    """Add a piece to a line that now has `length` bytes; a line that is too long has no pieces."""
    if length <= LONGEST_LINE:
        held.append(piece)
    else:
        held.clear()


def _joined(held: list[bytes]) -> bytes | None:
    return b"".join(held) if held else None
