"""The one place where events are made: stamped, redacted, folded, and passed on."""

from collections import deque
from collections.abc import Callable, Iterable

from backstaff.clock import Clock, Seconds
from backstaff.events.board import Board
from backstaff.events.redact import Redactor
from backstaff.events.types import Body, Event, Notice

Sink = Callable[[Event], None]


class EventStream:
    """Makes the events of one run, in order, and hands each to every sink until it breaks.

    A sink or anything it calls may emit in its turn: such an event is stamped and folded at once, and
    delivered after the one being delivered, so that all sinks see all events in the same order.
    """

    def __init__(self, clock: Clock, redactor: Redactor, sinks: Iterable[Sink] = ()) -> None:
        self.board = Board()
        """The state of the run, up to the last event emitted."""
        self.redactor = redactor
        """May be replaced when the run has learned its secrets."""
        self._clock = clock
        self._started = clock.now()
        self._sinks = list(sinks)
        self._undelivered: deque[Event] = deque()
        self._delivering = False

    def offset(self) -> Seconds:
        """Seconds since the stream was made, in milliseconds' precision: the `t` of an event made now."""
        return round(self._clock.now() - self._started, 3)

    def add_sink(self, sink: Sink) -> None:
        """Hand `sink` every event from now on."""
        self._sinks.append(sink)

    def emit(self, body: Body) -> Event:
        """Make `body` an event: with the next number, the time, and every secret masked."""
        event = Event(
            seq=self.board.seq + 1,
            at=self._clock.wall(),
            t=self.offset(),
            body=self.redactor.body(body),
        )
        self.board.fold(event)
        self._undelivered.append(event)
        if not self._delivering:
            self._deliver()
        return event

    def _hand_over(self, event: Event, sink: Sink) -> None:
        """A sink that breaks gets no more events and is told of: showing a run must never end it."""
        try:
            sink(event)
        except Exception as bug:  # noqa: BLE001 - the boundary between the run and those who show it
            self._sinks.remove(sink)
            name = type(sink).__name__
            self.emit(
                Notice(level="warning", text=f"{name} broke and is left out: {type(bug).__name__}: {bug}")
            )

    def _deliver(self) -> None:
        self._delivering = True
        try:
            while self._undelivered:
                event = self._undelivered.popleft()
                for sink in tuple(self._sinks):
                    self._hand_over(event, sink)
        finally:
            self._delivering = False
