"""Where headless output goes. A reader that goes away costs the text, never the deploy."""

import os
from typing import TextIO


class Outlet:
    """Writes lines to a text stream until it can not take them any more, then drops them.

    Characters that the stream's encoding lacks are written as `?`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.closed = False
        """True once the stream took nothing more: its reader closed it, or its disk is full."""
        self.problem = ""
        """Why it took nothing more; empty for a reader that went away, who wants nothing more."""

    def line(self, text: str) -> None:
        """Write one line and flush it, so that a log file or a pipe shows it at once."""
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
