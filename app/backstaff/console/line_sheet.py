"""The lines of a view as one long sheet of rows: which lines, how they are laid out, where each one is."""

from array import array
from bisect import bisect_left, bisect_right
from datetime import tzinfo
from typing import Generic, NamedTuple, TypeVar

from backstaff.console.line_head import Head, LineLook, head_for
from backstaff.console.line_index import LineIndex
from backstaff.console.line_rows import Rows
from backstaff.console.line_store import Entry, LineStore
from backstaff.console.line_text import fold
from backstaff.console.log_filter import LogFilter, Pattern

GUTTER = 1
_LEAST_TEXT = 10

E = TypeVar("E", bound=Entry)


class Spot(NamedTuple):
    """A row by what is on it: the number of a line, and which of its rows."""

    number: int
    part: int = 0


class Sheet(Generic[E]):
    """What a view shows, without how it is drawn and where the operator is in it.

    A paused sheet stays as it is: lines that come are indexed, and shown once it goes on. Lines are named
    by their numbers in the store. Whatever changes the sheet takes in first what came since."""

    def __init__(self, store: LineStore[E], look: LineLook[E], zone: tzinfo | None = None) -> None:
        self.look = look
        self.wrapped = False
        self.times = True
        self._zone = zone
        self.width = 80
        """Cells of a row; see `fit`."""
        self._held: int | None = None
        """While paused: the number that the next line had when the pause began."""
        self._index = LineIndex(store)
        self._rows = Rows()
        self._origins = 0
        self.head: Head[E] = Head(look)
        self._lay_out()

    @property
    def store(self) -> LineStore[E]:
        """Where the lines are."""
        return self._index.store

    @property
    def filter(self) -> LogFilter:
        """Which lines are shown."""
        return self._index.filter

    @property
    def search(self) -> Pattern | None:
        """What is searched for."""
        return self._index.search

    @property
    def total(self) -> int:
        """Rows of the sheet."""
        return self._rows.total

    @property
    def count(self) -> int:
        """Lines on the sheet."""
        return self._rows.count

    @property
    def text_width(self) -> int:
        """Cells that there are for text on a row."""
        return max(_LEAST_TEXT, self.width - GUTTER - self.head.width)

    @property
    def widest(self) -> int:
        """Cells that the widest row would take."""
        return GUTTER + self.head.width + (self.text_width if self.wrapped else self._rows.widest)

    @property
    def paused(self) -> bool:
        """Whether the sheet stays as it is."""
        return self._held is not None

    def catch_up(self) -> bool:
        """Take in what came since; whether anything on the sheet has changed."""
        if self._index.misses_older:
            self._index.use(self.filter)
            self._lay_out()
            return True
        held = self.count
        fallen = min(self._index.catch_up(), held)
        self._rows.drop(fallen)
        if not self.paused:
            self._extend()
        known = self.head
        if self.store.origin_count != self._origins:
            self._fit_head()
        if self.head.width != known.width:
            self._wrap()
        return bool(fallen) or self.count != held or self.head is not known

    def use(self, store: LineStore[E]) -> None:
        """Show the lines of another store, with the same filter and search."""
        self._held = None
        self._index = LineIndex(store, self.filter, self.search)
        self._lay_out()

    def filter_by(self, wanted: LogFilter) -> None:
        """Replace the filter."""
        self._index.use(wanted)
        self._lay_out()

    def find(self, search: Pattern | None) -> None:
        """Replace the search."""
        self.catch_up()
        self._index.find(search)

    def fit(self, width: int) -> None:
        """Lay the lines out on `width` cells."""
        self.catch_up()
        self.width = width
        self._fit_head()
        self._wrap()

    def set_wrapped(self, *, wrapped: bool) -> None:
        """Wrap long lines, or leave them on one row."""
        self.catch_up()
        self.wrapped = wrapped
        self._wrap()

    def set_times(self, *, times: bool) -> None:
        """Say when each line was written, or do not."""
        self.catch_up()
        self.times = times
        self._fit_head()
        self._wrap()

    def pause(self) -> None:
        """Leave the sheet as it is, but for lines that fall out of the store."""
        self.catch_up()
        self._held = self.store.end

    def go_on(self) -> None:
        """Show what came meanwhile, and what will come."""
        self.release()
        self.catch_up()

    def release(self) -> None:
        """Be paused no longer. What came meanwhile is not taken in yet, which takes time in vain where other
        lines are to be shown."""
        self._held = None

    def _lay_out(self) -> None:
        """Lay the lines out from scratch."""
        self._fit_head()
        self._rows.clear()
        self._wrap()
        self._extend()

    def _extend(self) -> None:
        """Put on the sheet what belongs there and is not yet."""
        numbers = self._index.numbers
        end = len(numbers) if self._held is None else bisect_left(numbers, self._held)
        new = self.store.pick(numbers[self._rows.count : end])
        self._rows.extend([entry.text for entry in new])

    def _fit_head(self) -> None:
        self._origins = self.store.origin_count
        covered = [origin for origin in self.store.origins if self.filter.scope.covers(origin)]
        head = head_for(self.look, covered, self.width, times=self.times, zone=self._zone)
        if head != self.head:
            self.head = head

    def _wrap(self) -> None:
        self._rows.wrap(self.text_width if self.wrapped else None, self._text_at)

    def _text_at(self, place: int) -> str:
        return self.entry(self._index.numbers[place]).text

    def entry(self, number: int) -> E:
        """A line that is in the store."""
        return self.store[number]

    def spot_at(self, row: int) -> Spot:
        """What is on a row of the sheet."""
        line, part = self._rows.line_at(row)
        return Spot(self._index.numbers[line], part)

    def row_of(self, number: int) -> int:
        """The first row of a line, or of the next one that is on the sheet; `total` if there is none."""
        return self._rows.first_row(self.place_of(number))

    def rows_of(self, number: int) -> int:
        """How many rows a line on the sheet takes."""
        line = self.place_of(number)
        return self._rows.first_row(line + 1) - self._rows.first_row(line)

    def part_of(self, spot: Spot) -> tuple[int, int]:
        """From and up to which character of its text a line stands on one of its rows."""
        text = self.entry(spot.number).text
        if not self.wrapped:
            return 0, len(text)
        starts = fold(text, self.text_width)
        end = starts[spot.part + 1] if spot.part + 1 < len(starts) else len(text)
        return starts[spot.part], end

    def place_of(self, number: int) -> int:
        """How many lines of the sheet come before a line."""
        return bisect_left(self._index.numbers, number, 0, self.count)

    def number_at(self, place: int) -> int:
        """The line at a place, or at the nearest end of the sheet, which is not empty."""
        return self._index.numbers[min(max(place, 0), self.count - 1)]

    def between(self, first: int, last: int) -> "array[int]":
        """The numbers of the lines on the sheet from one line to another, both included."""
        start, end = self.place_of(first), bisect_right(self._index.numbers, last, 0, self.count)
        return self._index.numbers[start:end]

    def coming_since(self, number: int) -> int:
        """How many lines with numbers from this one on pass the filter, on the sheet or still to come."""
        return len(self._index.numbers) - bisect_left(self._index.numbers, number)

    def to_come(self) -> int:
        """How many lines wait for the sheet to go on."""
        return len(self._index.numbers) - self.count

    def matches(self) -> int:
        """How many lines on the sheet the search finds."""
        if not self.count:
            return 0
        return bisect_right(self._index.matches, self.number_at(self.count - 1))

    def match_place(self, number: int) -> int | None:
        """Which of the lines found this one is, counted from 1; None if it is none of them."""
        place = bisect_left(self._index.matches, number, 0, self.matches())
        found = place < self.matches() and self._index.matches[place] == number
        return place + 1 if found else None

    def match_from(self, number: int, step: int) -> int | None:
        """The next line found after (`step` 1) or before (-1) a line, going round at the ends."""
        count = self.matches()
        if not count:
            return None
        matches = self._index.matches
        if step > 0:
            return matches[bisect_right(matches, number, 0, count) % count]
        return matches[(bisect_left(matches, number, 0, count) - 1) % count]
