"""`--json`: every event as one line of JSON, and nothing else."""

import re

from backstaff.events.types import Event
from backstaff.headless.outlet import Outlet

_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029]")


def inert_json(line: str) -> str:
    """JSON with those control characters escaped that it would let through to a terminal."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


class JsonSink:
    """A sink that writes events as they are in a journal, made inert."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def __call__(self, event: Event) -> None:
        """Write one event."""
        self._outlet.line(inert_json(event.to_line()))
