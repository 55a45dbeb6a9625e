"""When things happened: by the file's own times, or by the durations that commands tell."""

from datetime import datetime, timedelta

LONGEST_S = 400 * 86400.0
"""A log that claims to last longer has numbers in it that are no times."""


class Timeline:
    """The time of a log, in seconds since its beginning; it only grows.

    `stamped` means that the lines have times: then durations move nothing."""

    def __init__(self, began: datetime, *, stamped: bool) -> None:
        self.began = began
        self.stamped = stamped
        self._t = self._wall_t = 0.0
        self._wall = began
        """The time of day at `_wall_t`: most lines come at the time of the one before."""

    @property
    def t(self) -> float:
        """Seconds since the beginning, in milliseconds' precision."""
        return round(self._t, 3)

    @property
    def wall(self) -> datetime:
        """The time of day."""
        if self._wall_t != self._t:
            self._wall_t, self._wall = self._t, self.began + timedelta(seconds=self.t)
        return self._wall

    def saw(self, at: datetime | None) -> None:
        """A line has this time."""
        if at is not None:
            self._move((at - self.began).total_seconds())

    def reached(self, t: float) -> None:
        """Something that took its time ended `t` seconds after the beginning."""
        if not self.stamped:
            self._move(t)

    def _move(self, t: float) -> None:
        if self._t < t <= LONGEST_S:
            self._t = t
