"""Folding the lines of a journal into a Board, many at once."""

import math
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from backstaff.events.board import Board, tail_key
from backstaff.events.board_state import TAIL_LINES
from backstaff.events.types import Event, Output
from backstaff.events.wire import parse_line
from backstaff.replay.entries import Damage, Entry, read_line
from backstaff.replay.lines import RawLine
from backstaff.replay.plain_output import PlainOutput, plain_output

OUTPUT_COST = 1
EVENT_COST = 8
"""What a line costs to fold, as a multiple of a line of output: about 2 µs on a machine of 2024."""
OUTPUT_KB_COST = 1
EVENT_KB_COST = 16
"""And what each KiB of it costs beyond that."""
STEP_COST = 1_000
"""How much is folded at once: a few milliseconds."""
MOST_HELD_BYTES = 2 * 1024 * 1024
"""Lines that are held are all folded at once later, and are in memory until then."""


@dataclass
class _Kept:
    lines: deque[PlainOutput] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    count: int = 0


class Read(NamedTuple):
    """A line, what it is, and how many seconds into the run: None for a line that is no event."""

    raw: RawLine
    what: PlainOutput | Entry | Damage | None
    t: float | None

    @property
    def cost(self) -> int:
        """What reading and folding it costs."""
        kb = (self.raw.end - self.raw.offset) // 1024
        if isinstance(self.what, PlainOutput):
            return OUTPUT_COST + OUTPUT_KB_COST * kb
        return EVENT_COST + EVENT_KB_COST * kb


def read(raw: RawLine) -> Read:
    """What a line is, with no event made of it where that can be told without."""
    output = plain_output(raw.data)
    if output is not None:
        return Read(raw, output, output.t)
    what = read_line(raw)
    return Read(raw, what, what.event.t if isinstance(what, Entry) else None)


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
        tail = output.speaker.tail
        if tail not in self._board.output:
            self.fold(parse_line(line))
            return
        kept = self._kept.get(tail)
        if kept is None:
            kept = self._kept[tail] = _Kept()
        kept.lines.append(output)
        kept.count += 1
        self._newest = line

    def take(self, line: Read) -> None:
        """Take in a line."""
        what = line.what
        if isinstance(what, PlainOutput):
            self.fold_output(what, line.raw.data or b"")
        elif isinstance(what, Entry):
            self.fold(what.event)

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


@dataclass
class Held:
    """The last lines of those that were read, at most so many of them: the Board does not know them yet."""

    most: int = 0
    lines: deque[Read] = field(default_factory=deque)
    size: int = 0

    def put(self, line: Read) -> Iterator[Read]:
        """Hold a line; those that there is no more room for are let go, oldest first. An empty one, of which
        there is nothing to tell, takes nobody's room."""
        if line.what is None:
            return
        self.lines.append(line)
        self.size += line.raw.end - line.raw.offset
        while self.lines and (len(self.lines) > self.most or self.size > MOST_HELD_BYTES):
            gone = self.lines.popleft()
            self.size -= gone.raw.end - gone.raw.offset
            yield gone


def fold_lines(
    folding: Folding,
    lines: Iterable[RawLine],
    start: int,
    until_t: float = math.inf,
    held: Held | None = None,
) -> Generator[int, None, int]:
    """Fold lines that begin at `start`, up to the first event that is later than `until_t`; the last ones are
    only `held`, if that is given.

    Yields every few milliseconds where it is; returns where the first line begins that was not taken in."""
    at, cost = start, 0
    for raw in lines:
        line = read(raw)
        if not raw.whole if line.t is None else line.t > until_t:
            return raw.offset
        for each in (line,) if held is None else held.put(line):
            folding.take(each)
        cost += line.cost
        at = raw.end
        if cost >= STEP_COST:
            yield at
            cost = 0
    return at
