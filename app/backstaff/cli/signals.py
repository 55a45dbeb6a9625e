"""Signals: the first one ends a run well, one that comes clearly later ends it at once."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from backstaff.child_programs import kill_live_groups
from backstaff.clock import Seconds
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import LockState
from backstaff.events.step_names import END_PAUSED, TAKE_LOCK
from backstaff.temporary import remove_all

ECHO_S: Seconds = 0.3
"""For so long after the first signal, others are echoes of it: what runs us (npm, make, uv, a CI runner)
forwards a stop that has reached us already, or sends SIGTERM right after SIGINT, within milliseconds. A
person needs longer to press a key again."""

_SIGNALS = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}
_LOCKED = {LockState.OURS, LockState.TAKEN_OVER, LockState.LEFT_BEHIND}


class Endable(Protocol):
    """What a signal can end."""

    def request(self, code: ExitCode) -> None:
        """A signal came."""
        ...


@contextmanager
def handled(endable: Endable, *, now: Callable[[], Seconds] = time.monotonic) -> Iterator[None]:
    """Turn signals into requests to end the run, while the body runs. Echoes of the first one request
    nothing. `now` is the clock by which they are told apart."""
    loop = asyncio.get_running_loop()
    requests = _Requests(endable)

    def arrived(number: int, _: FrameType | None) -> None:
        # The time is taken here, for the loop may be held up, most of all by what the first signal sets off:
        # it would then find together what came apart, and late what came at once.
        loop.call_soon_threadsafe(requests.take, _SIGNALS[signal.Signals(number)], now())

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        # The loop's own handler does nothing, and ours takes its place. But with it comes what wakes the
        # loop, whichever thread the signal hits.
        loop.add_signal_handler(number, lambda: None)
        signal.signal(number, arrived)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


class _Requests:
    """What signals ask for, told apart from their echoes."""

    def __init__(self, endable: Endable) -> None:
        self._endable = endable
        self._first_at: Seconds | None = None

    def take(self, code: ExitCode, at: Seconds) -> None:
        """A signal arrived at this time. It is measured from the first one, not from the latest: a key that
        is held down insists."""
        if self._first_at is None:
            self._first_at = at
        elif at - self._first_at < ECHO_S and code is not ExitCode.HANGUP:
            # A hangup is passed on always: it insists on nothing, and the console has to know of it.
            return
        self._endable.request(code)


def leave_nothing_behind() -> None:
    """Kill what runs on this machine for us, and remove temporary files: what `os._exit` would leave."""
    kill_live_groups()
    remove_all()


def leave_at_once(board: Callable[[], Board], release: str) -> Callable[[ExitCode], None]:
    """What a signal that insists does: leave nothing behind on this machine, say what may be left on the
    hosts (`release` is the command that releases the lock), and end the process."""

    def leave(code: ExitCode) -> None:
        leave_nothing_behind()
        for line in last_words(board(), release):
            print(line, file=sys.stderr)
        sys.stderr.flush()
        os._exit(int(code))

    return leave


def last_words(board: Board, release: str) -> list[str]:
    """What is to be known of a run that ends at once: containers that may be left paused, and the lock."""
    return [*_paused_words(board), *_lock_words(board, release)]


def _paused_words(board: Board) -> list[str]:
    return [
        f"\na container of {step.role} may be left paused; on {step.host}: docker unpause {step.detail}"
        for step in board.steps.values()
        if step.step == END_PAUSED
    ]


def _lock_words(board: Board, release: str) -> list[str]:
    if board.lock is not None and board.lock.state in _LOCKED:
        return [f"\nthe deploy lock may still be held; release it with: {release}"]
    if any(step.step == TAKE_LOCK for step in board.steps.values()):
        return [
            "\nthe deploy lock was just being taken: see with `backstaff lock status` who holds it;",
            f"if it is this run, release it with: {release}",
        ]
    return []


def add_lock_words(error: BackstaffError, board: Board) -> None:
    """Add to the error that ends a command what has become of the lock that it took."""
    lock = board.lock
    match lock.state if lock else LockState.FREE:
        case LockState.RELEASED:
            error.evidence = (*error.evidence, "the deploy lock had just been taken; it is released again")
        case LockState.OURS if lock is not None:
            error.evidence = (*error.evidence, "the deploy lock had just been taken, and is held")
            error.fix = f"to release it: `{lock.release}`"
        case LockState.LEFT_BEHIND if lock is not None:
            error.evidence = (*error.evidence, "the deploy lock may have been taken all the same")
            error.fix = f"see with `backstaff lock status`; if it is yours, release it: `{lock.release}`"
        case _:
            pass
