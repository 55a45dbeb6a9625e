"""Everything in a run that a pattern finds: looked for from one place on, all the way round."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from backstaff.replay.recording import Recording
from backstaff.replay.search import Hit, TooSlow

MOST_HITS = 1_000_000


class Finding:
    """The places of the lines of output that match, known a little at a time: first those after `start`,
    then those before it. A place is the byte at which the line ends."""

    def __init__(self, recording: Recording, pattern: re.Pattern[str], start: int) -> None:
        self.complete = False
        """Whether every line was looked at."""
        self.too_slow = 0
        """On how many lines the expression took too long."""
        self._recording = recording
        self._pattern = pattern
        self._start = self._known_to = start
        self._after = array("q")
        self._before = array("q")

    @property
    def found(self) -> int:
        """How many lines are known so far."""
        return len(self._after) + len(self._before)

    def steps(self) -> Iterator[None]:
        """Look on, a few milliseconds at a time. Raises `JournalError`, and `UsageError` if the expression
        is too slow."""
        for each in self._recording.search(self._pattern, self._start):
            self._take(each, self._after)
            self._known_to = each.entry.end if isinstance(each, Hit) else each.offset
            yield
        self._known_to = self._recording.size()
        for each in self._recording.search(self._pattern, 0):
            if (each.entry.offset if isinstance(each, Hit) else each.offset) >= self._start:
                break
            self._take(each, self._before)
            yield
        self.complete = True

    def _take(self, each: object, hits: "array[int]") -> None:
        self.too_slow += isinstance(each, TooSlow)
        if isinstance(each, Hit) and self.found < MOST_HITS:
            hits.append(each.entry.end)

    def after(self, place: int) -> int | None:
        """The nearest hit after a place, from the end of the run on again from its beginning; None as long as
        it is not known, and if there is none."""
        if place < self._start and not self.complete:
            return None
        hits = self._all()
        number = bisect_right(hits, place)
        if number < len(hits):
            return hits[number]
        return hits[0] if hits and self.complete else None

    def before(self, place: int) -> int | None:
        """The nearest hit before a place, from the beginning on again from the end; None likewise."""
        hits = self._all() if self.complete else self._after
        number = bisect_left(hits, place)
        if not self.complete and (number == 0 or place > self._known_to):
            return None
        return hits[number - 1] if hits else None

    def number_of(self, hit: int) -> int | None:
        """Which of all hits one is, counted from 1; None as long as that is not known."""
        return bisect_left(self._all(), hit) + 1 if self.complete else None

    def _all(self) -> "array[int]":
        return self._before + self._after
