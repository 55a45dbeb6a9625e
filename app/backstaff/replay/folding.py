"""Folding the lines of a journal into a Board, many at once."""

from collections import deque
from dataclasses import dataclass, field

from backstaff.events.board import Board
from backstaff.events.board_state import TAIL_LINES
from backstaff.events.types import Event
from backstaff.events.wire import parse_line
from backstaff.replay.plain_output import PlainOutput


@dataclass
class _Kept:
    lines: deque[bytes] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    count: int = 0


class Folding:
    """A Board on its way through a journal.

    A Board keeps only the last lines of each source of output, and no other event looks at them. So lines
    of output wait as they are until the Board is asked for, and of most only their number is ever used."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._kept: dict[str, _Kept] = {}
        self._newest: bytes | None = None
        """The latest line, while it is one that waits."""

    def fold(self, event: Event) -> None:
        """Take in one event."""
        if event.body.kind == "output":
            self._fold_kept()
        self._board.fold(event)
        self._newest = None

    def fold_output(self, output: PlainOutput, line: bytes) -> None:
        """Take in a line of output."""
        kept = self._kept.get(output.tail)
        if kept is None:
            if output.tail not in self._board.output:
                self.fold(parse_line(line))
                return
            kept = self._kept[output.tail] = _Kept()
        kept.lines.append(line)
        kept.count += 1
        self._newest = line

    def board(self) -> Board:
        """The Board after everything that was taken in. It is changed by what is taken in later."""
        self._fold_kept()
        return self._board

    def _fold_kept(self) -> None:
        board = self._board
        latest = board.seq, board.t, board.at
        for tail, kept in self._kept.items():
            board.output[tail].total += kept.count - len(kept.lines)
            for line in kept.lines:
                board.fold(parse_line(line))
        if self._newest is not None:
            newest = parse_line(self._newest)
            latest = newest.seq, newest.t, newest.at
        board.seq, board.t, board.at = latest
        self._kept.clear()
        self._newest = None
