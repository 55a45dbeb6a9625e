"""Signals: the first one ends a run well, the second one ends it at once."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backstaff.engine.ending import Cancellation
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import LockState

_SIGNALS = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}
_LOCKED = {LockState.OURS, LockState.TAKEN_OVER, LockState.LEFT_BEHIND}


@contextmanager
def handled(cancellation: Cancellation) -> Iterator[None]:
    """Turn signals into requests to end the run, while the body runs."""
    loop = asyncio.get_running_loop()
    for number, code in _SIGNALS.items():
        loop.add_signal_handler(number, cancellation.request, code)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def leave_at_once(board: Callable[[], Board]) -> Callable[[ExitCode], None]:
    """What a second signal does: say how a lock that is still held is released, and end the process."""

    def leave(code: ExitCode) -> None:
        lock = board().lock
        if lock is not None and lock.state in _LOCKED:
            print(f"\nthe deploy lock may still be held; release it with: {lock.release}", file=sys.stderr)
        sys.stderr.flush()
        os._exit(int(code))

    return leave
