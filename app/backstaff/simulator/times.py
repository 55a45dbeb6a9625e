"""Times as Docker writes them, from a clock that never gives the same one twice."""

from datetime import UTC, datetime, timedelta

from backstaff.clock import Clock, Seconds

NEVER = "0001-01-01T00:00:00Z"
_NS = 1_000_000_000


class Stamps:
    """Times of day of one host in nanoseconds since 1970; each is later than the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta()
        self._last = 0

    def skew(self, ahead_s: Seconds) -> None:
        """Let the host's time of day be ahead of everybody else's, or behind."""
        self._ahead = timedelta(seconds=ahead_s)

    def next(self) -> int:
        """Now."""
        now = self._clock.wall() + self._ahead
        ns = int(now.timestamp()) * _NS + now.microsecond * 1000
        self._last = max(self._last + 1, ns)
        return self._last


def rfc3339(ns: int) -> str:
    """Docker's text for a time, with all nine digits; the zero of Go for 0."""
    if not ns:
        return NEVER
    return f"{datetime.fromtimestamp(ns // _NS, UTC):%Y-%m-%dT%H:%M:%S}.{ns % _NS:09d}Z"


def seconds(ns: int) -> int:
    """Whole seconds since 1970."""
    return ns // _NS


def for_people(elapsed_ns: int) -> str:
    """How long ago, in Docker's words."""
    elapsed = max(0, elapsed_ns // _NS)
    if elapsed < 1:
        return "Less than a second"
    if elapsed < 60:
        return "1 second" if elapsed == 1 else f"{elapsed} seconds"
    minutes = elapsed // 60
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    hours = round(elapsed / 3600)
    return "About an hour" if hours == 1 else f"{hours} hours"
