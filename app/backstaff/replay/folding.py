"""Folding the lines of a journal into a Board, many at once."""

import math
from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from backstaff.events.board import Board, tail_key
from backstaff.events.board_state import TAIL_LINES
from backstaff.events.types import Event, Output
from backstaff.events.wire import parse_line
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.lines import RawLine
from backstaff.replay.plain_output import PlainOutput, plain_output

OUTPUT_COST = 1
EVENT_COST = 8
"""What a line costs to fold, as a multiple of a line of output: about 2 µs on a machine of 2024."""
STEP_COST = 1_000
"""How much is folded at once: a few milliseconds."""


@dataclass
class _Kept:
    lines: deque[PlainOutput] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
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
        body = event.body
        if isinstance(body, Output):
            self._fold_kept(tail_key(body.source, body.host, body.role, body.name))
        self._board.fold(event)
        self._newest = None

    def fold_output(self, output: PlainOutput, line: bytes) -> None:
        """Take in a line of output."""
        if output.tail not in self._board.output:
            self.fold(parse_line(line))
            return
        kept = self._kept.get(output.tail)
        if kept is None:
            kept = self._kept[output.tail] = _Kept()
        kept.lines.append(output)
        kept.count += 1
        self._newest = line

    def board(self) -> Board:
        """The Board after everything that was taken in. It is changed by what is taken in later."""
        for tail in tuple(self._kept):
            self._fold_kept(tail)
        if self._newest is not None:
            newest = parse_line(self._newest)
            self._board.seq, self._board.t, self._board.at = newest.seq, newest.t, newest.at
            self._newest = None
        return self._board

    def _fold_kept(self, tail: str) -> None:
        kept = self._kept.pop(tail, None)
        if kept is None:
            return
        on_board = self._board.output[tail]
        on_board.total += kept.count - len(kept.lines)
        for output in kept.lines:
            on_board.add(output.on_board())


def fold_lines(
    folding: Folding, lines: Iterable[RawLine], start: int, until_t: float = math.inf
) -> Generator[int, None, int]:
    """Fold lines that begin at `start`, up to the first event that is later than `until_t`.

    Yields every few milliseconds where it is; returns where the first line begins that was not taken in."""
    at, cost = start, 0
    for raw in lines:
        output = plain_output(raw.data)
        if output is not None and raw.data is not None:
            if output.t > until_t:
                return raw.offset
            folding.fold_output(output, raw.data)
            cost += OUTPUT_COST
        else:
            read = read_line(raw)
            if isinstance(read, Entry):
                if read.event.t > until_t:
                    return raw.offset
                folding.fold(read.event)
            elif not raw.whole:
                return raw.offset
            cost += EVENT_COST
        at = raw.end
        if cost >= STEP_COST:
            yield at
            cost = 0
    return at
