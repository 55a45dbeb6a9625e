"""What a run was and how it ended, from the two ends of its journal: quick, however long that is."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from backstaff.events.facts import FailureCard
from backstaff.events.types import Event, Failed, RunEnded, RunStarted
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.lines import lines_before, lines_from
from backstaff.replay.source import Source

_FIRST_LINES = 20
_LAST_LINES = 100


@dataclass(frozen=True)
class RunSummary:
    """A run as a list shows it.

    `began` is the time of day of its first event, `last` that of its last whole one so far, `last_t` the
    same in seconds into the run. `started` is None only in damaged journals. `ended` is None for a run that
    was cut off or goes on; `card` is there if it failed. `size` is in bytes."""

    size: int
    began: datetime | None = None
    started: RunStarted | None = None
    last: datetime | None = None
    last_t: float = 0.0
    ended: RunEnded | None = None
    card: FailureCard | None = None


def summarize(source: Source) -> RunSummary:
    """The summary of the run in a journal. Raises `JournalError` if it can not be read."""
    size = source.stamp().size
    first = _first_events(source, size)
    last = _last_events(source, size)
    return RunSummary(
        size=size,
        began=first[0].at if first else None,
        started=next((event.body for event in first if isinstance(event.body, RunStarted)), None),
        last=last[0].at if last else None,
        last_t=last[0].t if last else 0.0,
        ended=next((event.body for event in last if isinstance(event.body, RunEnded)), None),
        card=next((event.body.card for event in last if isinstance(event.body, Failed)), None),
    )


def last_event(source: Source) -> Event | None:
    """The last whole event there is. Raises `JournalError` if the journal can not be read."""
    reads = map(read_line, islice(lines_before(source, source.stamp().size), _LAST_LINES))
    return next((entry.event for entry in reads if isinstance(entry, Entry)), None)


def _first_events(source: Source, size: int) -> list[Event]:
    """The first events, up to the one that tells what the run is; in a journal that is whole that is one."""
    events: list[Event] = []
    for raw in islice(lines_from(source, 0, size), _FIRST_LINES):
        entry = read_line(raw)
        if not isinstance(entry, Entry):
            continue
        events.append(entry.event)
        if isinstance(entry.event.body, RunStarted):
            break
    return events


def _last_events(source: Source, size: int) -> list[Event]:
    """The last events, latest first: of a run that failed as far back as why, of others only the latest."""
    events: list[Event] = []
    for raw in islice(lines_before(source, size), _LAST_LINES):
        entry = read_line(raw)
        if not isinstance(entry, Entry):
            continue
        events.append(entry.event)
        last = events[0].body
        if not isinstance(last, RunEnded) or last.verdict == "done" or isinstance(entry.event.body, Failed):
            break
    return events
