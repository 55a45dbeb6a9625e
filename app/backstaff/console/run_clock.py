"""How far into the run it is: told by a clock while it happens, by the player when it is replayed."""

from collections.abc import Callable
from typing import Protocol

from backstaff.events.board import Board


class RunClock(Protocol):
    """Tells the time of a run between its events."""

    def seconds(self) -> float:
        """Real seconds on a scale that only grows; its zero means nothing."""
        ...

    def events_came(self) -> None:
        """The Board has just been brought up to its latest event."""
        ...

    def now_t(self, board: Board) -> float:
        """Seconds into a run that goes on and stands as `board` says."""
        ...


class LiveClock:
    """Goes on from the latest event, `speed` times as fast as `seconds`, a clock that only grows."""

    def __init__(self, seconds: Callable[[], float], speed: float = 1.0) -> None:
        self.seconds = seconds
        self._speed = speed
        self._told_at = seconds()

    def events_came(self) -> None:
        """From here on time is counted."""
        self._told_at = self.seconds()

    def now_t(self, board: Board) -> float:
        """The time of the latest event, and what has passed since."""
        return board.t + max(0.0, self.seconds() - self._told_at) * self._speed
