"""How much of its time a wait has used up, as every part of the screen tells it."""

from typing import NamedTuple

from backstaff.events.board import Board
from backstaff.events.board_state import WaitView
from backstaff.explain.why import barrier_left_s


class TimeLeft(NamedTuple):
    """Seconds used of a total, and those that are left. `sooner` is set where the wait ends before its own
    limit does. Without a limit the total is 0 and nothing is left, see `endless`."""

    used: float
    total: float
    left: float
    sooner: bool = False

    @property
    def endless(self) -> bool:
        """Whether there is no time at which the wait is over."""
        return not self.total

    @property
    def fraction(self) -> float:
        """How much of the time is used up, from 0 to 1."""
        return min(1.0, self.used / self.total) if self.total else 1.0


def time_left(board: Board, wait: WaitView, now_t: float) -> TimeLeft:
    """The time of a wait. At a barrier it is over as soon as the barrier fails; of silence only that counts
    which lasts."""
    left, limit = wait.left_s(now_t), wait.start.limit_s
    if wait.start.silence and limit:
        return TimeLeft(max(0.0, limit - left), limit, left)
    used, fails_in = wait.elapsed_s(now_t), barrier_left_s(board, wait, now_t)
    if fails_in is None or (limit and fails_in >= left):
        return TimeLeft(used, limit, left if limit else 0.0)
    return TimeLeft(used, used + fails_in, fails_in, sooner=True)
