"""Signals: the first one ends a run well, the second one ends it at once."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from backstaff.child_programs import kill_live_groups
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import LockState
from backstaff.events.step_names import END_PAUSED, TAKE_LOCK
from backstaff.temporary import remove_all

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
def handled(endable: Endable) -> Iterator[None]:
    """Turn signals into requests to end the run, while the body runs."""
    loop = asyncio.get_running_loop()
    for number, code in _SIGNALS.items():
        loop.add_signal_handler(number, endable.request, code)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def leave_nothing_behind() -> None:
    """Kill what runs on this machine for us, and remove temporary files: what `os._exit` would leave."""
    kill_live_groups()
    remove_all()


def leave_at_once(board: Callable[[], Board], release: str) -> Callable[[ExitCode], None]:
    """What a second signal does: leave nothing behind on this machine, say what may be left on the hosts
    (`release` is the command that releases the lock), and end the process."""

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
