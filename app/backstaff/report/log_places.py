"""Which places of a journal's log are on the page: its beginning, what is around failures, and its end.

Of a journal that is not too long that is all of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from backstaff.replay.entries import Damage, Entry
from backstaff.replay.marks import MarkKind
from backstaff.replay.recording import Recording

_BAD = frozenset({MarkKind.FAILURE, MarkKind.HOST})


@dataclass(frozen=True)
class Measures:
    """How much of a log is on the page, at most: events, and the bytes that they have in the journal."""

    first: int = 2_000
    before_failure: int = 300
    after_failure: int = 200
    newest: int = 50_000
    failures: int = 20
    first_bytes: int = 2 * 1024 * 1024
    failure_bytes: int = 512 * 1024
    newest_bytes: int = 24 * 1024 * 1024


USUAL = Measures()


@dataclass(frozen=True, order=True)
class Place:
    """A part of a journal, from one byte to another, both where lines begin."""

    start: int
    end: int


def places_shown(recording: Recording, end: int, measures: Measures = USUAL) -> list[Place]:
    """What of the journal up to `end` is on the page, in order and without overlaps."""
    newest = recording.entries_before(end)
    start = _far(newest, end, measures.newest, measures.newest_bytes).start
    if start == 0:
        return [Place(0, end)]
    first = _far(recording.entries(0), 0, measures.first, measures.first_bytes)
    bad = [mark.end for mark in recording.index.marks() if mark.kind in _BAD and mark.end <= start]
    around = [_around(recording, at, measures) for at in bad[: measures.failures]]
    return _merged([first, *around, Place(start, end)])


def _around(recording: Recording, at: int, measures: Measures) -> Place:
    before = _far(recording.entries_before(at), at, measures.before_failure, measures.failure_bytes)
    after = _far(recording.entries(at), at, measures.after_failure, measures.failure_bytes)
    return Place(before.start, after.end)


def _far(lines: Iterator[Entry | Damage], at: int, most: int, most_bytes: int) -> Place:
    """From a place as many lines on as may be, in the direction in which they come."""
    place = Place(at, at)
    for line in islice(lines, most):
        reached = Place(min(place.start, line.offset), max(place.end, line.end))
        if reached.end - reached.start > most_bytes:
            break
        place = reached
    return place


def _merged(places: Iterable[Place]) -> list[Place]:
    merged: list[Place] = []
    for place in sorted(places):
        if merged and place.start <= merged[-1].end:
            merged[-1] = Place(merged[-1].start, max(merged[-1].end, place.end))
        else:
            merged.append(place)
    return merged
