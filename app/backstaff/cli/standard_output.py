"""Standard output of the commands that answer instead of running anything."""

import json
import sys
from collections.abc import Mapping

from backstaff.errors import BackstaffError
from backstaff.headless.outlet import Outlet
from backstaff.headless.styled import Shown


class StandardOutput:
    """Writes lines. A reader that goes away is no failure; an answer that can not be written is one."""

    def __init__(self) -> None:
        self._outlet = Outlet(sys.stdout)

    @property
    def closed(self) -> bool:
        """Whether nobody reads any more."""
        return self._outlet.closed

    def line(self, text: Shown) -> None:
        """Write one line. Raises `BackstaffError` if standard output takes no more, as on a full disk."""
        if not self._outlet.closed:
            self._outlet.line(text)
            self._require_written()

    def record(self, fields: Mapping[str, object]) -> None:
        """Write one JSON object on a line of its own. Raises as `line` does."""
        if not self._outlet.closed:
            self._outlet.record(json.dumps(fields, ensure_ascii=False))
            self._require_written()

    def _require_written(self) -> None:
        if self._outlet.problem:
            raise BackstaffError(f"the output could not be written: {self._outlet.problem}")
