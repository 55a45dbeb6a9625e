"""Stretches of time: joined, cut out of one another, measured. Seconds into the run."""

import math
from collections.abc import Iterable, Sequence

Span = tuple[float, float]
"""From when until when."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that are in order and do not touch; empty ones are left out."""
    found: list[Span] = []
    for began, ended in sorted(spans):
        if ended <= began:
            continue
        if found and began <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ended)
        else:
            found.append((began, ended))
    return found


def without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The time that is in `spans` but not in `others`; both as `merged` makes them."""
    left: list[Span] = []
    place = 0
    for began, ended in spans:
        while place < len(others) and others[place][1] <= began:
            place += 1
        for other_began, other_ended in others[place:]:
            if other_began >= ended:
                break
            if other_began > began:
                left.append((began, other_began))
            began = max(began, other_ended)
        if began < ended:
            left.append((began, ended))
    return left


def within(spans: Sequence[Span], windows: Sequence[Span]) -> list[Span]:
    """The time that is in both; both as `merged` makes them."""
    return without(spans, without(spans, windows))


def length(spans: Iterable[Span]) -> float:
    """How many seconds spans are, added up, in milliseconds' precision."""
    return round(math.fsum(ended - began for began, ended in spans), 3)
