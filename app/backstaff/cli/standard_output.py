"""Standard output of the commands that answer instead of running anything."""

import json
import sys
from collections.abc import Mapping

from backstaff.errors import BackstaffError
from backstaff.headless.outlet import Outlet


class StandardOutput:
    """Writes lines. A reader that goes away is no failure; an answer that can not be written is one."""

    def __init__(self) -> None:
        self._outlet = Outlet(sys.stdout)

    @property
    def closed(self) -> bool:
        """Whether nobody reads any more."""
        return self._outlet.closed

    def line(self, text: str) -> None:
        """Write one line. Raises `BackstaffError` if standard output takes no more, as on a full disk."""
        if self._outlet.closed:
            return
        self._outlet.line(text)
        if self._outlet.problem:
            raise BackstaffError(f"the output could not be written: {self._outlet.problem}")

    def record(self, fields: Mapping[str, object]) -> None:
        """Write one JSON object on a line of its own."""
        # Comes with the events, which take their time: what only prints lines does not wait for it.
        from backstaff.headless.ndjson import inert_json

        self.line(inert_json(json.dumps(fields, ensure_ascii=False)))
