"""Matching with an expression that somebody typed, for a limited time: some take for ever on some lines."""

import re
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

LONGEST_S = 0.25
"""How much of the processor's time one line may take."""
MOST_SLOW = 8
"""How many lines may take longer before the expression is given up."""
_MAY_BE_SLOW = re.compile(r"[*+?{|]")
"""Without a repeat or a choice an expression looks at each place of a line once."""


class TookTooLong(Exception):
    """The time for one line was over. Never leaves this module's callers: the line counts as slow."""


class Limited:
    """An expression, and how often it took too long. Lines on which it does are passed over.

    Matching holds up everything else in its thread and can only be ended by a signal, so there is a limit
    in the main thread alone. The signal is that of a timer of processor time: a busy machine makes no
    line slow."""

    def __init__(self, pattern: re.Pattern[str], longest_s: float = LONGEST_S) -> None:
        self.slow = 0
        """How many lines took too long."""
        self._pattern = pattern
        self._longest_s = longest_s
        self._may_be_slow = _MAY_BE_SLOW.search(pattern.pattern) is not None

    @property
    def given_up(self) -> bool:
        """Whether it was too slow too often: then it matches nothing any more."""
        return self.slow >= MOST_SLOW

    def found_in(self, text: str) -> bool:
        """Whether it matches anywhere in a line; no if that takes too long."""
        return self.run(lambda: self._pattern.search(text) is not None, otherwise=False)

    def run(self, match: Callable[[], T], otherwise: T) -> T:
        """What matching one line gives, or `otherwise` if that takes too long."""
        if self.given_up:
            return otherwise
        if not self._may_be_slow or threading.current_thread() is not threading.main_thread():
            return match()
        try:
            return _in_time(match, self._longest_s)
        except TookTooLong:
            self.slow += 1
            return otherwise


def _in_time(match: Callable[[], T], longest_s: float) -> T:
    before = signal.signal(signal.SIGVTALRM, _time_is_over)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, longest_s)
        return match()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)


def _time_is_over(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLong
