"""Which lines of a log are wanted: those that match, and some around them."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from backstaff.hosts.protocol import LogLine


@dataclass(frozen=True)
class Wanted:
    """The lines of a log that match, as `grep` picks them: `before` and `after` each match so many others,
    and only the first `most` matches."""

    matches: Callable[[str], bool] = lambda _: True
    before: int = 0
    after: int = 0
    most: int | None = None


ALL = Wanted()


class LinePicker:
    """Picks the wanted lines of one log, which it is handed line by line."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._earlier: deque[LogLine] = deque(maxlen=wanted.before)
        self._still_after = 0
        self._matches_left = wanted.most

    @property
    def is_done(self) -> bool:
        """Whether nothing more will be wanted, whatever comes."""
        return self._matches_left == 0 and self._still_after == 0

    def take(self, line: LogLine) -> Iterable[LogLine]:
        """The next line of the log; returns what is wanted now that it is known, in its order."""
        if self.is_done:
            return ()
        if self._matches_left != 0 and self._wanted.matches(line.text):
            return self._matched(line)
        if self._still_after:
            self._still_after -= 1
            return (line,)
        self._earlier.append(line)
        return ()

    def _matched(self, line: LogLine) -> Iterable[LogLine]:
        if self._matches_left is not None:
            self._matches_left -= 1
        picked = (*self._earlier, line)
        self._earlier.clear()
        self._still_after = self._wanted.after
        return picked
