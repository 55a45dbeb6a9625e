"""Running behind the console. Whatever becomes of the console, what goes on behind it comes to its end."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING

from backstaff.cli.backstage import Backstage
from backstaff.cli.console_trouble import keep_traceback, trouble_of
from backstaff.cli.signals import handled
from backstaff.errors import ExitCode

if TYPE_CHECKING:
    from textual.app import App

_TAKEN = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
"""Signals whose handlers Textual replaces and leaves behind."""


async def run_in_console(make: Callable[[asyncio.TaskGroup], Backstage]) -> ExitCode:
    """Open the console over what `make` makes, which lives in the group it is given; the exit code of its
    latest run. A console that breaks or is left while a run goes on is followed by plain lines."""
    async with asyncio.TaskGroup() as group:
        backstage = make(group)
        try:
            with handled(backstage):
                trouble = await _show(backstage)
                _tell(backstage, trouble)
                backstage.front_closed()
                if trouble is not None and not backstage.begun:
                    return await backstage.begin(None)
                return await backstage.over()
        finally:
            backstage.close()


async def _show(backstage: Backstage) -> Exception | None:
    """Run the console to its end; what broke it, or None if it was closed."""
    try:
        from backstaff.console.app import Console

        backstage.front = console = Console(backstage)
    except Exception as bug:  # noqa: BLE001 - the boundary between the run and those who show it
        return bug
    trouble = await on_terminal(console)
    return backstage.trouble or trouble


async def on_terminal(console: "App[ExitCode]") -> Exception | None:
    """Run an app on the terminal of this process; what broke it, or None if it was closed."""
    try:
        with _handlers_kept(), redirect_stderr(StringIO()):
            # What Textual says of an exception shows variables and their values: it is not printed.
            from backstaff.cli.console_driver import ConsoleDriver

            console.driver_class = ConsoleDriver
            await console.run_async()
            return trouble_of(console)
    except Exception as bug:  # noqa: BLE001 - as above
        return bug


@contextmanager
def _handlers_kept() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in _TAKEN}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _tell(backstage: Backstage, trouble: Exception | None) -> None:
    goes_on = backstage.going_on or not backstage.begun
    if trouble is not None:
        kept = keep_traceback(trouble, backstage.redactor)
        then = "; the run goes on in plain lines" if goes_on else ""
        backstage.lines.say(f"the console broke ({kept.what}){then}; {kept.where}")
    elif backstage.going_on:
        backstage.lines.say("the console is closed; the run goes on in plain lines")
