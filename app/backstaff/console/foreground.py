"""A program that has the terminal to itself for a while, such as a shell on a host."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.app import App

from backstaff.errors import BackstaffError

T = TypeVar("T")


async def run_in_place_of(app: App[T], argv: Sequence[str]) -> int:
    """Run a program in the foreground while the app goes on without drawing, and return its status.

    Raises `BackstaffError` if it can not be started."""
    with app.suspend(), app.batch_update():
        ended = await _ended(argv)
    if isinstance(ended, BackstaffError):
        raise ended
    return ended


async def _ended(argv: Sequence[str]) -> int | BackstaffError:
    """Errors are returned: Textual does not take the terminal back if one passes through `suspend`."""
    try:
        return await run_in_foreground(argv)
    except BackstaffError as error:
        return error


async def run_in_foreground(argv: Sequence[str]) -> int:
    """Run a program in the foreground of the terminal and return its status.

    It has a process group of its own, so that Ctrl-C reaches it alone and not the run that goes on in here.
    Raises `BackstaffError` if it can not be started."""
    terminal = sys.stdin.fileno()
    try:
        return await _run(argv, terminal)
    finally:
        # Even a program that could not be started may have taken the terminal on its way.
        _give(terminal, os.getpgrp())


async def _run(argv: Sequence[str], terminal: int) -> int:
    try:
        process = await asyncio.create_subprocess_exec(*argv, preexec_fn=_take(terminal))
    except OSError as error:
        fix = "install it, or correct PATH" if isinstance(error, FileNotFoundError) else ""
        raise BackstaffError(f"{argv[0]} can not be started: {error.strerror}", fix=fix) from error
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _take(terminal: int) -> Callable[[], None]:
    """What the new process does before it becomes the program: a group of its own, in the foreground. It is
    not to be stopped by Ctrl-Z: nobody could continue it."""

    def take() -> None:
        os.setpgid(0, 0)
        _give(terminal, os.getpgrp())
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)

    return take


def _give(terminal: int, group: int) -> None:
    """Put a process group into the foreground. Whoever asks for that from the background would be stopped."""
    if not os.isatty(terminal):
        return
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        os.tcsetpgrp(terminal, group)
    finally:
        signal.signal(signal.SIGTTOU, before)
