"""How far a long file is read, for who waits for it at a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TextIO

from backstaff.cli.reporting import show_in_a_line
from backstaff.errors import BackstaffError
from backstaff.events.inert import inert
from backstaff.replay.opened import OpenedRun, opened
from backstaff.replay.recording import Recording

AFTER_S = 0.5
"""Of what is read more quickly nothing is said."""
EVERY_S = 0.2
_CLEAR = "\r\x1b[K"


class ReadingLine:
    """A line on a terminal that tells the share of a file that is read, and is gone in the end."""

    def __init__(self, name: str, terminal: TextIO, *, now_s: float) -> None:
        self._name = inert(name)
        self._terminal = terminal
        self._next_s = now_s + AFTER_S
        self._shown = False

    def tell(self, share: float, now_s: float) -> None:
        """So much is read, from 0 to 1."""
        if now_s < self._next_s:
            return
        self._next_s, self._shown = now_s + EVERY_S, True
        self._terminal.write(f"{_CLEAR}reading {self._name}: {share:.0%}")
        self._terminal.flush()

    def clear(self) -> None:
        """Leave nothing behind."""
        if self._shown:
            self._terminal.write(_CLEAR)
            self._terminal.flush()


@contextmanager
def in_sight(name: str) -> Iterator[Callable[[float], None]]:
    """Tell it which share of a file is read, and it is shown on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _share: None
        return
    line = ReadingLine(name, sys.stderr, now_s=monotonic())
    try:
        yield lambda share: line.tell(share, monotonic())
    finally:
        line.clear()


@contextmanager
def opened_in_sight(path: Path) -> Iterator[OpenedRun]:
    """`opened`, with a line on standard error while a log of Kamal's is read, if that is a terminal."""
    with in_sight(path.name) as tell:
        run = opened(path, tell)
    with run:
        yield run


def read_in_sight(recording: Recording) -> None:
    """Make the index of a recording, with such a line; say so if it can not be kept for the next time.

    Raises `JournalError`."""
    with in_sight(Path(recording.name).name) as tell:
        for _ in recording.make_index():
            tell(recording.read_share)
    if recording.index_trouble:
        show_in_a_line(BackstaffError(recording.index_trouble))
