"""A run that is recorded, or is being recorded just now: any moment of it, in either direction."""

import math
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.events.types import Event
from backstaff.replay.breakdown import KINDS, Breakdown, breakdown
from backstaff.replay.entries import Damage, Entry, read_line
from backstaff.replay.folding import MOST_HELD_BYTES, Folding, Held, Read, fold_lines, read
from backstaff.replay.glimpse import Glimpse, Reach, glimpse, place_at
from backstaff.replay.growth import Growth
from backstaff.replay.index import Index
from backstaff.replay.index_path import index_path
from backstaff.replay.indexing import Indexing
from backstaff.replay.kinds import events_in
from backstaff.replay.lines import RawLine, lines_before, lines_from
from backstaff.replay.opening import check_is_journal
from backstaff.replay.search import Hit, Searched, TooSlow, search
from backstaff.replay.source import FileSource, Source
from backstaff.replay.summary import RunSummary, last_event, summarize

_PIECE = 1024 * 1024
_STARTS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Moment:
    """A place: the byte of the journal at which the events begin that are later, and the Board before it.

    The Board is the caller's to fold on: `Recording.entries(moment.offset)` tells with what. Who wants to see
    the last lines before the place has them `held`: those are not on the Board yet."""

    board: Board
    offset: int
    held: tuple[Read, ...] = ()

    @property
    def start(self) -> int:
        """The byte up to which the Board knows the run."""
        return self.held[0].raw.offset if self.held else self.offset

    @property
    def t(self) -> float:
        """How many seconds into the run the last event before the place is."""
        return next((line.t for line in reversed(self.held) if line.t is not None), self.board.t)


class Recording:
    """The journal of a run, read where it is asked for: its size costs neither time nor memory.

    Places are bytes: where the line of an event begins (`Entry.offset`) and ends (`Entry.end`). All methods
    raise `JournalError` if the file can not be read any more. Moments up to `index.covered_t` are found
    quickly. Reading is safe in any thread while another one makes the index."""

    def __init__(self, source: Source, index: Path | None = None, growth: Growth | None = None) -> None:
        """`index` is the file of the index, which need not exist; without one the index is not kept. What is
        made while it is read has a `growth`.

        The source is closed with this. Raises `JournalError` for what is no journal."""
        check_is_journal(source)
        self._source = source
        self._growth = growth
        self._indexing = Indexing(source, index)
        self._share = 0.0

    @classmethod
    def open(cls, path: Path) -> "Recording":
        """Open a journal. Raises `JournalError`, in one line, for anything else."""
        source = FileSource(path)
        try:
            return cls(source, index_path(path))
        except BaseException:
            source.close()
            raise

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Keep what there is of the index, and close all files. Stop making the index first."""
        self._indexing.keep()
        self._indexing.close()
        self._source.close()

    @property
    def name(self) -> str:
        """The file's path."""
        return self._source.name

    @property
    def index(self) -> Index:
        """What is known of the journal so far: marks, damage, how far it is covered."""
        return self._indexing.index

    @property
    def index_trouble(self) -> str:
        """Why the index is not kept for the next time, in one sentence; empty while all is well."""
        return self._indexing.trouble

    @property
    def read_share(self) -> float:
        """Which part is known of what there is to know, from 0 to 1: what the index covers of the journal, or
        of the log that this is made of; of a log it never becomes less."""
        size = self.size()
        covered = self.index.covered / size if size else 1.0
        if self._growth is None:
            return covered
        self._share = max(self._share, self._growth.share * covered)
        return self._share

    @property
    def grows(self) -> bool:
        """Whether `grow` has more to do."""
        return self._growth is not None and not self._growth.done

    @property
    def shortfall(self) -> JournalError | None:
        """Why not all of the log that this is made of could be read; None if it could, or still may be."""
        return self._growth.trouble if self._growth is not None else None

    def grow(self) -> bool:
        """Read on in the log that this is made of, for a few milliseconds; whether there was anything.

        What keeps it from being read to its end is raised once, and `shortfall` from then on."""
        return self._growth is not None and self._growth.further()

    def size(self) -> int:
        """How many bytes there are now."""
        return self._source.stamp().size

    def summary(self) -> RunSummary:
        """What the run was and how it stands."""
        return summarize(self._source)

    def length_t(self) -> float:
        """How many seconds into the run the last whole event is, as of now."""
        last = last_event(self._source)
        return last.t if last else 0.0

    def t_of(self, wall: datetime) -> float:
        """How many seconds into the run it was at a time of day; one without a zone counts as UTC."""
        first = next((each.event for each in self.entries() if isinstance(each, Entry)), None)
        return first.t + (_aware(wall) - _aware(first.at)).total_seconds() if first else 0.0

    def entries(self, offset: int = 0) -> Iterator[Entry | Damage]:
        """The events from a place on, with the lines that can not be read, up to the end as it is now.

        To follow a run that goes on, ask again with the `end` of what came last: a line that is half
        written waits until it is whole."""
        if offset > self.size():
            raise JournalError("has become shorter while it was read", where=self.name)
        return self._read(offset, None)

    def events(self, kinds: frozenset[bytes]) -> Iterator[Event]:
        """All events of some kinds, quickly where most are of others; damaged lines are passed over."""
        return events_in(lines_from(self._source), kinds)

    def breakdown(self) -> Breakdown:
        """Where the time of the run went; of one that goes on, up to now. As an index that is whole tells it,
        else read from all lines of some kinds."""
        return self._indexing.breakdown() or breakdown(self.events(KINDS), until_t=self.length_t())

    def entries_before(self, offset: int) -> Iterator[Entry | Damage]:
        """The events before a place, last first; `size()` is a place too."""
        for raw in lines_before(self._source, offset):
            read = read_line(raw)
            if read is not None:
                yield read

    def glimpse_before(self, offset: int, reach: Reach) -> Generator[int, None, Glimpse]:
        """About how the run stood before the line at `offset`: quick without an index."""
        return glimpse(self._source, offset, reach)

    def place_at(self, t: float) -> int:
        """Where about the first line begins that is later than `t` seconds into the run: quick without an
        index; the end if none is."""
        return place_at(self._source, t)

    def moment_at(self, t: float) -> Moment:
        """The Board at `t` seconds into the run: before the first event that is later."""
        return _finished(self.going_to(t))

    def moment_before(self, offset: int) -> Moment:
        """The Board at a place: before the line that begins there."""
        return _finished(self.going_before(offset))

    def going_to(self, t: float, hold: int = 0) -> Generator[int, None, Moment]:
        """Like `moment_at`, a few milliseconds at a time; yields at which byte it is. The last lines are
        held, up to `hold` of them."""
        board, start = self.index.nearest_to(t)
        moment = yield from self._folded(board, start, self.size(), t, hold)
        if start and len(moment.held) < hold and self._line_before(moment.start) < start:
            return (yield from self.going_before(moment.offset, hold))
        return moment

    def going_before(self, offset: int, hold: int = 0) -> Generator[int, None, Moment]:
        """Like `moment_before`, a few milliseconds at a time; yields at which byte it is. The last lines are
        held, up to `hold` of them."""
        first = yield from self.start_before(offset, hold)
        board, start = self.index.nearest_before(first)
        return (yield from self._folded(board, start, offset, math.inf, hold))

    def start_before(
        self, offset: int, most: int, most_bytes: int = MOST_HELD_BYTES
    ) -> Generator[int, None, int]:
        """Where the last lines before a place begin, at most so many and so many bytes; empty ones do not
        count. Yields every few milliseconds where it is."""
        start, size = offset, 0
        for number, raw in enumerate(self._lines_before(offset) if most else ()):
            size += raw.end - raw.offset
            if number >= most or size > most_bytes:
                break
            start = raw.offset
            if number % _STARTS_AT_ONCE == _STARTS_AT_ONCE - 1:
                yield start
        return start

    def read(self, offset: int, stop: int) -> Iterator[Read]:
        """The lines from a place on that begin before another one, those of output with no event made of
        them."""
        return map(read, takewhile(lambda raw: raw.offset < stop, lines_from(self._source, offset)))

    def copy_to(self, file: BinaryIO, progress: Callable[[float], None] = lambda _share: None) -> None:
        """Write all of the journal, as it is now; `progress` is told which share of it is written, from 0
        to 1. Raises `OSError` of the file."""
        at, size = 0, self.size()
        while at < size and (piece := self._source.read(at, min(_PIECE, size - at))):
            file.write(piece)
            at += len(piece)
            progress(at / size)

    def search(
        self, pattern: re.Pattern[str], offset: int, *, backward: bool = False
    ) -> Iterator[Hit | Searched | TooSlow]:
        """Find output from a place on, or before it; see `replay.search`."""
        return search(self._source, pattern, offset, backward=backward)

    def make_index(self) -> Iterator[int]:
        """Make the index or go on with it, a few milliseconds at a time; yields up to which byte it is done.

        May be left at any time and called again, also when the journal has grown, but only one at a time."""
        return self._indexing.steps()

    def _read(self, offset: int, stop: int | None) -> Iterator[Entry | Damage]:
        for raw in lines_from(self._source, offset, stop):
            read = read_line(raw)
            if read is not None:
                yield read

    def _lines_before(self, offset: int) -> Iterator[RawLine]:
        """The lines before a place, last first, whatever they hold; empty ones are left out."""
        return (raw for raw in lines_before(self._source, offset) if raw.data is None or raw.data.strip())

    def _line_before(self, offset: int) -> int:
        """Where the last one of them begins; the place itself if there is none."""
        return next((raw.offset for raw in self._lines_before(offset)), offset)

    def _folded(
        self, board: Board, start: int, stop: int, t: float, hold: int
    ) -> Generator[int, None, Moment]:
        folding, held = Folding(board), Held(hold) if hold else None
        end = yield from fold_lines(folding, lines_from(self._source, start, stop), start, t, held)
        return Moment(folding.board(), end, tuple(held.lines) if held else ())


def _finished(steps: Generator[int, None, Moment]) -> Moment:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            moment: Moment = end.value
            return moment


def _aware(wall: datetime) -> datetime:
    return wall if wall.tzinfo else wall.replace(tzinfo=UTC)
