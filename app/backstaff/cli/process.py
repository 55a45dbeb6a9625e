"""This process: an event loop for a command, an exit code, enough files. Cheap to import."""

import asyncio
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import NoReturn

from backstaff.errors import ExitCode

MOST_FILES = 65_536


def run_and_exit(main: Callable[[], Coroutine[object, object, ExitCode]]) -> NoReturn:
    """Run `main` in an event loop and end the process with its exit code. Errors that come without a run
    pass through: `cli.main` tells them."""
    raise_file_limit()
    code = asyncio.run(main())
    keep_exit_code()
    sys.exit(int(code))


def keep_exit_code() -> None:
    """All is done: a signal that comes now, while the interpreter goes down, changes nothing any more."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def raise_file_limit() -> None:
    """Use as many files as the system lets us: a host takes up to nine, and the usual limit is for 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
