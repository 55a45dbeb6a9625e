"""Plain lines of runs that a console shows: held back for as long as it has the terminal."""

import sys
from collections.abc import Sequence

from backstaff.cli.reporting import line_sink
from backstaff.events.board import Board
from backstaff.events.stream import Sink
from backstaff.events.types import Event
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.headless.styled import Shown


class PlainLines:
    """Standard output beside a console.

    While it is held nothing is printed. Once it is released, what is to stay on the screen is how the latest
    run ended; a run that still goes on is told from there, and so is each later one."""

    def __init__(self, *, verbose: bool) -> None:
        self._outlet = Outlet(sys.stdout)
        self._errors = Outlet(sys.stderr)
        self._warnings: list[str] = []
        self._verbose = verbose
        self._held = True
        self._latest: _Told | None = None

    def begin(self, heading: Sequence[Shown] = ()) -> Sink:
        """The sink of a run that begins; `heading` are the lines that introduce it."""
        self._latest = _Told(self._outlet, heading, verbose=self._verbose)
        if not self._held:
            self._latest.release()
        return self._latest

    def say(self, text: str) -> None:
        """Print a line, held or not."""
        self._outlet.line(text)

    def warn(self, text: str) -> None:
        """Print a line on standard error, or keep it until that can be read."""
        if self._held:
            self._warnings.append(text)
        else:
            self._errors.line(text)

    def release(self) -> None:
        """Print from now on."""
        self._held = False
        if self._latest is not None:
            self._latest.release()
        while self._warnings:
            self._errors.line(self._warnings.pop(0))


class _Told:
    """The sink of one run. Held back, it only keeps up with where the run stands."""

    def __init__(self, outlet: Outlet, heading: Sequence[Shown], *, verbose: bool) -> None:
        self._outlet = outlet
        self._heading = heading
        self._verbose = verbose
        self._board = Board()
        self._lines: LineSink | None = None

    def __call__(self, event: Event) -> None:
        if self._lines is None:
            self._board.fold(event)
        else:
            self._lines(event)

    def release(self) -> None:
        for line in self._heading:
            self._outlet.line(line)
        self._lines = line_sink(self._outlet, verbose=self._verbose, board=self._board)
        if self._board.result is not None:
            self._lines.close()
