"""Finding what containers, hooks, builds and the proxy wrote, in a whole run, a little at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backstaff.errors import UsageError
from backstaff.events.inert import inert
from backstaff.events.types import Output
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.folding import EVENT_COST, OUTPUT_COST, STEP_COST
from backstaff.replay.limited import Limited
from backstaff.replay.lines import RawLine, lines_before, lines_from
from backstaff.replay.plain_output import plain_output
from backstaff.replay.source import Source

_MOST_SPANS = 1_000

Span = tuple[int, int]


@dataclass(frozen=True)
class Hit:
    """A line of output that matches, and where in its inert text."""

    entry: Entry
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Searched:
    """So far: everything between the start and this byte was looked at."""

    offset: int


@dataclass(frozen=True)
class TooSlow:
    """A line at this byte on which the expression takes too long: whether it matches is not known."""

    offset: int


def search(
    source: Source, pattern: re.Pattern[str], offset: int, *, backward: bool = False
) -> Iterator[Hit | Searched | TooSlow]:
    """Lines of output, as they are shown, that match: from the line at `offset` on, or those before it.

    Yields every few milliseconds how far it is, so that whoever wants may stop. Raises `JournalError` if the
    journal can not be read, `UsageError` if the expression is too slow on too many lines."""
    cost = slow = 0
    limited = Limited(pattern)
    for raw in lines_before(source, offset) if backward else lines_from(source, offset):
        output = plain_output(raw.data)
        if output is None or limited.found_in(inert(output.said())):
            hit = _hit(raw, pattern, limited)
            if hit is not None:
                yield hit
        if limited.given_up:
            raise UsageError(
                f"the search for {pattern.pattern} was given up: it takes too long on many lines",
                fix="write it with fewer repeats and choices, or search for a plain text",
            )
        if limited.slow > slow:
            slow = limited.slow
            yield TooSlow(raw.offset)
        cost += OUTPUT_COST if output else EVENT_COST
        if cost >= STEP_COST:
            yield Searched(raw.offset if backward else raw.end)
            cost = 0


def _hit(raw: RawLine, pattern: re.Pattern[str], limited: Limited) -> Hit | None:
    entry = read_line(raw)
    if not isinstance(entry, Entry) or not isinstance(entry.event.body, Output):
        return None
    text = inert(entry.event.body.text)
    nothing: tuple[Span, ...] = ()
    spans = limited.run(lambda: _spans_in(text, pattern), nothing)
    return Hit(entry, spans) if spans else None


def _spans_in(text: str, pattern: re.Pattern[str]) -> tuple[Span, ...]:
    """Where a pattern matches; matches of nothing do not count."""
    spans: list[Span] = []
    for match in pattern.finditer(text):
        if match.end() > match.start():
            spans.append(match.span())
        if len(spans) == _MOST_SPANS:
            break
    return tuple(spans)
