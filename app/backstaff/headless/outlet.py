"""Where headless output goes. A reader that goes away costs the text, never the deploy."""

import os
from typing import TextIO

from backstaff.headless.ci import CiFormat, ci_format
from backstaff.headless.colour import colour_wanted
from backstaff.headless.json_line import inert_json
from backstaff.headless.paint import Paint
from backstaff.headless.styled import Shown


class Outlet:
    """Writes lines to a text stream until it can not take them any more, then drops them.

    Whatever is in a line, it drives no terminal and is no mark for a CI system: that is seen to here, so
    that nobody who prints can forget it. Characters that the stream's encoding lacks are written as `?`.
    Colour and CI system are those of the stream and the environment, unless they are given."""

    def __init__(self, stream: TextIO, *, paint: Paint | None = None, ci: CiFormat | None = None) -> None:
        self._stream = stream
        self._paint = paint or Paint(enabled=colour_wanted(stream, os.environ))
        self.ci = ci or ci_format(os.environ)
        """Makes the marks of the CI system that reads this, if one does."""
        self.closed = False
        """True once the stream took nothing more: its reader closed it, or its disk is full."""
        self.problem = ""
        """Why it took nothing more; empty for a reader that went away, who wants nothing more."""

    def line(self, text: Shown) -> None:
        """Write one line and flush it, so that a log file or a pipe shows it at once."""
        self._write(self.ci.guard(self._paint(text)))

    def record(self, line: str) -> None:
        """Write JSON as one line. What others might take for more than text is escaped in it, so that whoever
        reads it back gets the same."""
        self._write(inert_json(line))

    def mark(self, text: str) -> None:
        """Write a mark of the CI system as it is; `ci` makes nothing else than whole and harmless ones."""
        self._write(text)

    def _write(self, text: str) -> None:
        if self.closed:
            return
        try:
            self._stream.write(self._encodable(text) + "\n")
            self._stream.flush()
        except (BrokenPipeError, ValueError):
            self._close()
        except OSError as error:
            self.problem = error.strerror or str(error)
            self._close()

    def _encodable(self, text: str) -> str:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        return text.encode(encoding, "replace").decode(encoding)

    def _close(self) -> None:
        """Point the stream at nothing: what it still buffers must not fail again when Python exits."""
        self.closed = True
        try:
            number = self._stream.fileno()
        except (OSError, ValueError):
            return
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nothing, number)
        finally:
            os.close(nothing)
