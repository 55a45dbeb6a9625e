"""A program that has the terminal to itself for a while, such as a shell on a host."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence


async def run_in_foreground(argv: Sequence[str]) -> int:
    """Run a program in the foreground of the terminal and return its status.

    It has a process group of its own, so that Ctrl-C reaches it alone and not the run that goes on in here.
    Raises `OSError` if it can not be started."""
    terminal = sys.stdin.fileno()
    process = await asyncio.create_subprocess_exec(*argv, preexec_fn=_take(terminal))
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        _give(terminal, os.getpgrp())


def _take(terminal: int) -> Callable[[], None]:
    """What the new process does before it becomes the program: a group of its own, in the foreground."""

    def take() -> None:
        os.setpgid(0, 0)
        _give(terminal, os.getpgrp())

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
