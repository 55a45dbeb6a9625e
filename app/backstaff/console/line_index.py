"""The numbers of the lines that are shown, kept up to date as lines come and go."""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import Generic, TypeVar

from backstaff.console.line_store import Entry, LineStore, Origin
from backstaff.console.log_filter import LogFilter, Pattern

E = TypeVar("E", bound=Entry)


class LineIndex(Generic[E]):
    """Which lines of a store pass a filter, and which of those a search finds.

    `numbers` and `matches` are in order; both are read only to others. New lines cost time in their own
    number; a new filter or search costs time in the length of the store."""

    def __init__(
        self, store: LineStore[E], wanted: LogFilter | None = None, search: Pattern | None = None
    ) -> None:
        self.store = store
        self.filter = wanted or LogFilter()
        self.search = search
        self.numbers: array[int] = array("q")
        self.matches: array[int] = array("q")
        self._first = self._seen = store.first
        self._covered: dict[tuple[str, str, str, str], bool] = {}
        self.use(self.filter)

    def use(self, wanted: LogFilter) -> None:
        """Replace the filter and look at all lines anew."""
        self.filter = wanted
        self._covered.clear()
        self._first, self._seen = self.store.first, self.store.end
        numbers = self.store.numbers(wanted.scope)
        if wanted.by_text:
            numbers = self._those(numbers, wanted.admits)
        self.numbers = numbers
        self.find(self.search)

    def find(self, search: Pattern | None) -> None:
        """Replace the search, None for no search. The index has to have caught up."""
        self.search = search
        self.matches = array("q") if search is None else self._those(self.numbers, search.found_in)

    def _those(self, numbers: "array[int]", holds: Callable[[str], bool]) -> "array[int]":
        entries = self.store.pick(numbers)
        return array("q", [n for n, entry in zip(numbers, entries, strict=True) if holds(entry.text)])

    @property
    def misses_older(self) -> bool:
        """Whether older lines were put before those it knows: then all have to be looked at anew."""
        return self.store.first < self._first

    def catch_up(self) -> int:
        """Take in what came since, and let go of what fell out of the store; returned is how many of
        `numbers` fell out."""
        self._first = self.store.first
        fallen = bisect_left(self.numbers, self.store.first)
        del self.numbers[:fallen]
        del self.matches[: bisect_left(self.matches, self.store.first)]
        start = max(self._seen, self.store.first)
        for number, entry in enumerate(self.store.since(start), start):
            if self._is_shown(entry):
                self.numbers.append(number)
                if self.search is not None and self.search.found_in(entry.text):
                    self.matches.append(number)
        self._seen = self.store.end
        return fallen

    def _is_shown(self, entry: E) -> bool:
        key = (entry.host, entry.role, entry.source, entry.name)
        covered = self._covered.get(key)
        if covered is None:
            covered = self._covered[key] = self.filter.scope.covers(Origin(*key))
        return covered and (not self.filter.by_text or self.filter.admits(entry.text))
