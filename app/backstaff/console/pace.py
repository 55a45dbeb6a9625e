"""How often the console draws what happens by itself: rarely enough for keys never to wait long."""

from collections.abc import Callable

REST = 5.0
"""So many times what a drawing took is left to keys and to the run before the next one."""
LONGEST_REST_S = 1.0
"""A picture is never older than this and the time that it takes, however long one drawing took."""


class Pace:
    """Lets work be done only as often as it leaves time for others. On a slow or busy machine pictures become
    fewer, and keys no slower. `seconds` is a clock that only grows."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._rests_until = seconds()

    @property
    def rests(self) -> bool:
        """Whether it is too early to do the work again."""
        return self._seconds() < self._rests_until

    def spend(self, work: Callable[[], None]) -> None:
        """Do the work, and rest for as long as it calls for."""
        began = self._seconds()
        work()
        ended = self._seconds()
        self._rests_until = ended + min(REST * (ended - began), LONGEST_REST_S)
