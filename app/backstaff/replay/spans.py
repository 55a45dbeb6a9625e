"""Stretches of time: joined, cut out of one another, measured. Seconds into the run."""

import math
from bisect import bisect_left, bisect_right
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
        place = at = bisect_right(others, began, lo=place, key=_end)
        while at < len(others) and others[at][0] < ended:
            other_began, other_ended = others[at]
            if other_began > began:
                left.append((began, other_began))
            began = max(began, other_ended)
            at += 1
        if began < ended:
            left.append((began, ended))
    return left


def put_into(spans: list[Span], span: Span) -> None:
    """Add one to spans that are as `merged` makes them, and stay so."""
    began, ended = span
    if ended <= began:
        return
    first = bisect_left(spans, began, key=_end)
    last = bisect_right(spans, ended, lo=first, key=_began)
    if first < last:
        began, ended = min(began, spans[first][0]), max(ended, spans[last - 1][1])
    spans[first:last] = [(began, ended)]


def within(spans: Sequence[Span], windows: Sequence[Span]) -> list[Span]:
    """The time that is in both; both as `merged` makes them."""
    return without(spans, without(spans, windows))


def length(spans: Iterable[Span]) -> float:
    """How many seconds spans are, added up, in milliseconds' precision."""
    return round(math.fsum(ended - began for began, ended in spans), 3)


def _began(span: Span) -> float:
    return span[0]


def _end(span: Span) -> float:
    return span[1]
