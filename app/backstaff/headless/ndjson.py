"""`--json`: every event as one line of JSON, and nothing else."""

import re

from backstaff.events.types import Event
from backstaff.headless.outlet import Outlet

_CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029]")


class JsonSink:
    """A sink that writes events as they are in a journal.

    Control characters that JSON would let through are escaped, so a terminal is safe too."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def __call__(self, event: Event) -> None:
        """Write one event."""
        self._outlet.line(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", event.to_line()))
