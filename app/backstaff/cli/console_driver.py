"""The console's terminal. However it behaves, the run that goes on behind it is not held up."""

import sys
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING

from textual.drivers.linux_driver import LinuxDriver

from backstaff.cli.terminal_writer import TerminalWriter
from backstaff.errors import ExitCode

if TYPE_CHECKING:
    from textual.app import App

STOP_WITHIN_S = 1.0
"""How long a terminal may take to be set right again before it is left as it is."""


class ConsoleDriver(LinuxDriver):
    """Textual's own driver, save that a terminal which is slow, stopped or gone never blocks a write: the
    run shares the event loop with the console. It writes to standard output, which is known to be a
    terminal; standard error may be a file."""

    def __init__(
        self,
        app: "App[ExitCode]",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._context = copy_context()
        self._writer: TerminalWriter | None = None
        self._has_terminal = False

    def write(self, data: str) -> None:
        """Write soon, or not at all where there is nothing to write to."""
        if self._writer is not None:
            self._writer.write(data)

    def start_application_mode(self) -> None:
        """Take the terminal."""
        if sys.__stdout__ is None:
            raise RuntimeError("there is no standard output")
        self._writer = TerminalWriter(
            sys.__stdout__.fileno(),
            caught_up=lambda: self._soon(self._paint_anew),
            lost=lambda: self._soon(self._app.exit),
        )
        self._writer.start()
        self._has_terminal = True
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._end_other_writer()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        self._has_terminal = False
        if self._writer is not None:
            self._writer.finish()
        super().stop_application_mode()

    def resume_application_mode(self) -> None:
        """Take the terminal again. A process that is told to continue without having been suspended, as
        happens when its terminal closes, has it still."""
        if not self._has_terminal:
            super().resume_application_mode()

    def close(self) -> None:
        """Write what is left."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.stop(STOP_WITHIN_S)

    def _end_other_writer(self) -> None:
        """The thread that Textual's driver writes with has nothing to do here."""
        if self._writer_thread is not None:
            self._writer_thread.stop()

    def _paint_anew(self) -> None:
        if self._has_terminal:
            self._app.refresh(layout=True)

    def _soon(self, callback: Callable[[], object]) -> None:
        """Call back in the app's own thread, unless the loop has ended meanwhile."""
        try:
            self._loop.call_soon_threadsafe(callback, context=self._context)
        except RuntimeError:
            return
