"""Events on their way from the run, which makes them, to the console, which shows them when it draws."""

from collections import deque
from collections.abc import Iterator

from backstaff.events.types import Event, Output

MOST_WAITING = 50_000


class Feed:
    """A sink that keeps events until they are taken.

    It is bounded: when more than `most` events wait, lines of output are counted instead of kept (they are
    in the journal). Events that change the state of anything are never left out."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._events: deque[Event] = deque()
        self.left_out = 0
        """Lines of output that were not kept."""

    def __call__(self, event: Event) -> None:
        """Keep an event."""
        if len(self._events) >= self._most and isinstance(event.body, Output):
            self.left_out += 1
            return
        self._events.append(event)

    def __len__(self) -> int:
        return len(self._events)

    def take(self) -> Iterator[Event]:
        """Take events, oldest first, for as long as the caller wants more."""
        while self._events:
            yield self._events.popleft()
