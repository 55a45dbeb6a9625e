"""Runs of the demonstration as they were recorded: what the simulated hosts really did, event by event.

`python -m tests.recordings [NAME ...]` records them anew, on skipped time.
"""

import gzip
from functools import cache
from pathlib import Path

from backstaff.events.types import Event
from backstaff.events.wire import parse_line

DIRECTORY = Path(__file__).parent


def file_of(name: str) -> Path:
    """Where the recording of a scenario is kept: a journal, compressed."""
    return DIRECTORY / f"{name}.jsonl.gz"


@cache
def recorded(name: str, until_t: float | None = None) -> tuple[Event, ...]:
    """The events of the scenario's last run, up to `until_t` seconds into it."""
    lines = gzip.decompress(file_of(name).read_bytes()).decode().splitlines()
    events = (parse_line(line) for line in lines)
    return tuple(event for event in events if until_t is None or event.t <= until_t)
