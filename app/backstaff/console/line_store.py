"""Lines kept in memory for showing: the newest ones, each under a number that it never loses."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Generic, NamedTuple, TypeVar

from backstaff.console.line_text import shown_text

MOST_LINES = 200_000
MOST_CHARACTERS = 100_000_000
_TRIMMED_AT_ONCE = 1_024


class Origin(NamedTuple):
    """Where lines come from: an empty host is the operator's machine, an empty role the host as a whole."""

    host: str
    role: str
    source: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line, with when it was written and by whom.

    `at_t` is in seconds since the run began, `at` the time of day (aware) where it is known. The text is
    made inert here, once."""

    at_t: float
    at: datetime | None = None
    host: str = ""
    role: str = ""
    source: str = ""
    name: str = ""
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", shown_text(self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry(Entry):
    """A line of output. `source` is `container`, `hook`, `build`, `proxy` or `command`."""

    stream: str = "stdout"


@dataclass(frozen=True)
class Scope:
    """Whose lines are meant: a role on a host, a host, a role on all hosts, or everything.

    What a host does for all of its roles belongs to each of them."""

    host: str = ""
    role: str = ""

    def covers(self, origin: Origin) -> bool:
        """Whether lines of that origin are meant."""
        if self.host and origin.host != self.host:
            return False
        return not self.role or origin.role == self.role or bool(self.host and not origin.role)


EVERYTHING = Scope()

E = TypeVar("E", bound=Entry)


class LineStore(Generic[E]):
    """The newest lines, at most so many of them and so many characters; older ones fall out at the front.

    Lines are numbered from 0 in the order of their coming; older ones that are put before them have numbers
    below. Those with numbers from `first` up to, not including, `end` are there."""

    def __init__(self, most_lines: int = MOST_LINES, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_lines = most_lines
        self._most_characters = most_characters
        self._entries: list[E] = []
        self._base = 0
        self._characters = 0
        self._fell_out = False
        self._by_origin: dict[Origin, array[int]] = {}
        self.first = 0
        """The number of the oldest line that is there: above 0, as many fell out before it."""
        self.past = False
        """Whether its end is a moment of the past, and not the latest there is."""
        self.starts_later = False
        """Whether there are older lines that were never put in here."""

    def __len__(self) -> int:
        return self.end - self.first

    def __getitem__(self, number: int) -> E:
        if not self.first <= number < self.end:
            raise IndexError(number)
        return self._entries[number - self._base]

    @property
    def end(self) -> int:
        """The number that the next line will have."""
        return self._base + len(self._entries)

    @property
    def origins(self) -> list[Origin]:
        """Where lines came from so far, in the order of their first coming; only ever grows."""
        return list(self._by_origin)

    @property
    def origin_count(self) -> int:
        """How many origins there are."""
        return len(self._by_origin)

    def extend(self, entries: Iterable[E]) -> None:
        """Take in lines."""
        number, by_origin = self.end, self._by_origin
        characters = 0
        for entry in entries:
            origin = Origin(entry.host, entry.role, entry.source, entry.name)
            numbers = by_origin.get(origin)
            if numbers is None:
                numbers = by_origin[origin] = array("q")
            numbers.append(number)
            self._entries.append(entry)
            characters += len(entry.text)
            number += 1
        self._characters += characters
        self._shrink()

    def put_before(self, entries: Sequence[E]) -> None:
        """Take in lines that are older than all others, as many of the newest of them as there is room for.
        Once lines fell out there is room for none."""
        room = 0 if self._fell_out else self._most_lines - len(self._entries)
        kept = entries[max(0, len(entries) - room) :] if room > 0 else entries[:0]
        by_origin: dict[Origin, array[int]] = {}
        self._base -= len(kept)
        self.first = self._base
        for number, entry in enumerate(kept, self._base):
            origin = Origin(entry.host, entry.role, entry.source, entry.name)
            by_origin.setdefault(origin, array("q")).append(number)
            self._characters += len(entry.text)
        self._entries[:0] = kept
        for origin, numbers in by_origin.items():
            self._by_origin[origin] = numbers + self._by_origin.get(origin, array("q"))
        self._shrink()

    def since(self, number: int) -> Iterator[E]:
        """The lines from a number on, oldest first."""
        return iter(self._entries[max(number, self.first) - self._base :])

    def pick(self, numbers: Iterable[int]) -> list[E]:
        """The lines with these numbers, all of which are there."""
        entries, base = self._entries, self._base
        return [entries[number - base] for number in numbers]

    def numbers(self, scope: Scope) -> "array[int]":
        """The numbers of the lines of a scope, in order. Takes as long as there are such lines."""
        if scope == EVERYTHING:
            return array("q", range(self.first, self.end))
        covered = [numbers for origin, numbers in self._by_origin.items() if scope.covers(origin)]
        present = [numbers[bisect_left(numbers, self.first) :] for numbers in covered]
        return present[0] if len(present) == 1 else array("q", sorted(chain.from_iterable(present)))

    def _shrink(self) -> None:
        first = max(self.first, self.end - self._most_lines)
        for entry in self._entries[self.first - self._base : first - self._base]:
            self._characters -= len(entry.text)
        while self._characters > self._most_characters and first < self.end - 1:
            self._characters -= len(self._entries[first - self._base].text)
            first += 1
        self._fell_out |= first > self.first
        self.first = first
        if first - self._base >= _TRIMMED_AT_ONCE:
            self._trim()

    def _trim(self) -> None:
        """Let go of what fell out; in steps, as each takes time in the length of the store."""
        del self._entries[: self.first - self._base]
        self._base = self.first
        for numbers in self._by_origin.values():
            del numbers[: bisect_left(numbers, self.first)]
