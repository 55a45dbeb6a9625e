"""The kind of an event told from the bytes of its line, so that most lines need not be read in full."""

import re
from collections.abc import Iterator

from backstaff.events.types import Event
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.lines import RawLine

_KIND = re.compile(rb'\{"v":[0-9]+,"seq":[0-9]+,"at":"[^"]*","t":[^,"]*,"kind":"([a-z_]+)"')


def kind_of(line: bytes) -> bytes | None:
    """The kind of the event in a line; None where only reading it tells."""
    found = _KIND.match(line)
    return found[1] if found else None


def events_in(lines: Iterator[RawLine], kinds: frozenset[bytes]) -> Iterator[Event]:
    """The events of some kinds; what can not be read is passed over."""
    for raw in lines:
        if raw.data is None or kind_of(raw.data) not in kinds | {None}:
            continue
        entry = read_line(raw)
        if isinstance(entry, Entry) and entry.event.body.kind.encode() in kinds:
            yield entry.event
