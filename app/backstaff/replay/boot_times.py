"""How long the containers of a service took to become healthy in the runs that are recorded here."""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.types import Event, RunStarted
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.journal_files import journal_files
from backstaff.replay.lines import lines_from
from backstaff.replay.source import FileSource
from backstaff.replay.starts import Starts

NEWEST_RUNS = 30
"""How many runs of a service count; older ones tell of an app that has changed since."""
WITHIN_S = 0.05
"""How long the thread that reads may work, so that it takes next to nothing from what goes on beside it:
what was not read by then, the oldest runs, does not count."""
MOST_FILES = 300
"""How many journals are looked at for those of the service."""
MOST_BYTES = 16 * 1024 * 1024
"""How much of one journal is read."""
LEAST_STARTS = 5
"""Of fewer starts nothing can be said."""

_HEAD = 16 * 1024
_TOLD = re.compile(
    rb'"kind":"(?:wait_started","wait":[0-9]+,"what":"(?:proxy|health|readiness)"|wait_ended"'
    rb'|pair_changed","host":"[^"]*","role":"[^"]*","state":"switching")'
)
"""The events that starts are made of, as our writer writes them."""
_STAMP = 256
"""Within so many bytes of a line is what it is."""


@dataclass(frozen=True)
class BootTimes:
    """Seconds from start to healthy, by role. `runs` is how many runs they come from."""

    seconds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    runs: int = 0


@dataclass(frozen=True)
class Usual:
    """How long nearly all starts of a role took: `within` of `starts` took `p95_s` seconds or less."""

    p95_s: float
    within: int
    starts: int


def usual(seconds: Sequence[float]) -> Usual | None:
    """The 95th percentile by nearest rank: the smallest time that at least 95% of the starts did not exceed,
    which is one that was measured. None for fewer than `LEAST_STARTS`."""
    if len(seconds) < LEAST_STARTS:
        return None
    within = math.ceil(0.95 * len(seconds))
    return Usual(sorted(seconds)[within - 1], within, len(seconds))


def boot_times(
    directory: Path,
    service: str,
    destination: str,
    *,
    newest: int = NEWEST_RUNS,
    within_s: float = WITHIN_S,
    now: Callable[[], float] = time.thread_time,
) -> BootTimes:
    """The boot times of the newest runs of a service and destination that are recorded in `directory`; none
    if there is no such directory. May be called in any thread.

    Containers that never became healthy do not count: they tell what was wrong, not how long it takes.
    Journals that can not be read are passed over. Raises `JournalError` if the directory can not be read."""
    until = now() + within_s
    seconds: dict[str, list[float]] = {}
    runs = 0
    for path in [file.path for file in journal_files(directory) if file.ours][:MOST_FILES]:
        if runs == newest or now() >= until:
            break
        try:
            starts = _starts(path, service, destination, lambda: now() >= until)
        except JournalError:
            continue
        for start in starts.found:
            seconds.setdefault(start.role, []).append(start.seconds)
        runs += bool(starts.found)
    return BootTimes(seconds, runs)


def _starts(path: Path, service: str, destination: str, late: Callable[[], bool]) -> Starts:
    """The starts of a run, as far as there is time; none if it was another service's."""
    source = FileSource(path)
    starts = Starts()
    try:
        started = _started(source)
        if started is not None and (started.service, started.destination) == (service, destination):
            for number, event in enumerate(_told(source)):
                starts.see(event)
                if number % 32 == 0 and late():
                    break
    finally:
        source.close()
    return starts


def _started(source: FileSource) -> RunStarted | None:
    size = min(source.stamp().size, _HEAD)
    for raw in islice(lines_from(source, 0, size), 1):
        entry = read_line(raw)
        if isinstance(entry, Entry) and isinstance(entry.event.body, RunStarted):
            return entry.event.body
    return None


def _told(source: FileSource) -> Iterator[Event]:
    for raw in lines_from(source, 0, min(source.stamp().size, MOST_BYTES)):
        if raw.data is not None and _TOLD.search(raw.data, 0, _STAMP):
            entry = read_line(raw)
            if isinstance(entry, Entry):
                yield entry.event
