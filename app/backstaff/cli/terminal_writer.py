"""Writing to a terminal that may be slow, stopped or gone, without ever waiting for it."""

import os
import select
from collections.abc import Callable
from threading import Condition, Thread

MOST_BEHIND = 256 * 1024
"""Bytes that may wait for the terminal; frames that come then are left out."""
LOOKS_EVERY_S = 1.0
"""How often a terminal to which nothing is written is asked whether it is still there."""


class TerminalWriter:
    """Writes frames from a thread of its own.

    When the terminal falls behind, frames are left out, each as a whole; once it has caught up, `caught_up`
    is called, to paint anew. When it takes nothing any more (it was closed, which is not told to a process
    whose controlling terminal it was not) `lost` is called, once. Both are called in the thread."""

    def __init__(self, descriptor: int, *, caught_up: Callable[[], None], lost: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._caught_up = caught_up
        self._lost = lost
        self._changed = Condition()
        self._waiting: list[bytes] = []
        self._behind = 0
        self._left_out = False
        self._finishing = False
        self._stopped = False
        self._thread = Thread(target=self._write_all, name="backstaff-terminal", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def write(self, text: str) -> None:
        """Write a frame soon, or leave it out. Returns at once."""
        data = text.encode("utf-8", "replace")
        with self._changed:
            if self._stopped:
                return
            if self._behind > MOST_BEHIND and not self._finishing:
                self._left_out = True
                return
            self._waiting.append(data)
            self._behind += len(data)
            self._changed.notify()

    def finish(self) -> None:
        """Leave nothing out from now on: what comes is what sets the terminal right again. Frames that
        still wait are not needed any more if some are missing already."""
        with self._changed:
            self._finishing = True
            if self._left_out:
                self._waiting.clear()

    def stop(self, within_s: float) -> None:
        """Write what waits, for `within_s` seconds at most, and end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(within_s)

    def _write_all(self) -> None:
        try:
            while data := self._next():
                _write_whole(self._descriptor, data)
                if self._is_level():
                    self._caught_up()
        except OSError:
            self._give_up()

    def _next(self) -> bytes:
        """What waits, as one; nothing once the writer has stopped. Raises OSError if the terminal goes away
        meanwhile."""
        with self._changed:
            while not self._changed.wait_for(lambda: self._waiting or self._stopped, LOOKS_EVERY_S):
                if _is_gone(self._descriptor):
                    raise OSError("the terminal was closed")
            data = b"".join(self._waiting)
            self._waiting.clear()
            return data

    def _is_level(self) -> bool:
        """Whether all is written now, after something had to be left out."""
        with self._changed:
            self._behind = sum(map(len, self._waiting))
            if self._behind or not self._left_out or self._finishing:
                return False
            self._left_out = False
            return True

    def _give_up(self) -> None:
        with self._changed:
            stopped, self._stopped = self._stopped, True
            self._waiting.clear()
        if not stopped:
            self._lost()


def _is_gone(descriptor: int) -> bool:
    """Whether nobody is left at the other end."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


def _write_whole(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
