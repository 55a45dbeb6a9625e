"""What the console knows of the run that it shows: the Board, and the lines that are kept beside it."""

from backstaff.console.commands_view import CommandEntry, command_entry
from backstaff.console.events_view import EventEntry, event_entries
from backstaff.console.feed import Feed
from backstaff.console.line_store import LineStore, LogEntry
from backstaff.console.log_view import log_entry
from backstaff.console.run_clock import RunClock
from backstaff.console.session import RunInfo
from backstaff.console.subject import RUN, Subject, most_urgent
from backstaff.events.board import Board
from backstaff.events.types import CommandRun, Event, Output

FOLD_WITHIN_S = 0.01
"""How long one drawing may fold events; the others wait for the next: keys come between."""
LEAST_SHARE = 4
"""One drawing folds at least this part of what waits, however slow the machine: what waits never piles up."""
LOOK_AT_CLOCK_EVERY = 32


class RunState:
    """The Board of one run and its lines, kept up with its events, and what the operator looks at."""

    def __init__(self, info: RunInfo, clock: RunClock) -> None:
        self.info = info
        self.feed = Feed()
        self.board = Board()
        self.logs: LineStore[LogEntry] = LineStore()
        """What containers, hooks, builds and the proxy wrote."""
        self.commands: LineStore[CommandEntry] = LineStore()
        """Commands and API calls."""
        self.events: LineStore[EventEntry] = LineStore()
        """Every event in words."""
        self.subject = RUN
        self.changes = 0
        """Counts the events that change more than the output: while it stays, only the clock moves on."""
        self.trouble = ""
        """Why the run can not go on being shown, where what carried it out broke."""
        self.shortfall = ""
        """Why not all of the run is there to be shown; empty while nothing is missing."""
        self.follows = True
        """Whether the view moves by itself to what is most urgent."""
        self._clock = clock
        self._ends_here = False

    @property
    def ended(self) -> bool:
        """Whether the run has told its end, or what carried it out broke."""
        return self.board.result is not None or bool(self.trouble)

    def now_t(self) -> float:
        """Seconds into the run."""
        if self.ended or not self.board.seq:
            return self.board.t
        return self._clock.now_t(self.board)

    def take(self) -> bool:
        """Take in what has happened, for a short time; whether there was anything."""
        began, ended_before = self._clock.seconds(), self.ended
        least = len(self.feed) // LEAST_SHARE
        taken: list[Event] = []
        events: list[EventEntry] = []
        for event in self.feed.take():
            taken.append(event)
            events.extend(event_entries(event, self.board))
            self.board.fold(event)
            self.changes += not isinstance(event.body, Output)
            if len(taken) < least or len(taken) % LOOK_AT_CLOCK_EVERY:
                continue
            if self._clock.seconds() > began + FOLD_WITHIN_S:
                break
        if not taken:
            return False
        self._keep(taken, events)
        self._clock.events_came()
        if self.follows or (self.ended and not ended_before):
            # The end is what everybody wants to see, wherever they looked before.
            self.follow()
        return True

    def _keep(self, taken: list[Event], events: list[EventEntry]) -> None:
        self.events.extend(events)
        self.logs.extend(log_entry(event, event.body) for event in taken if isinstance(event.body, Output))
        self.commands.extend(
            command_entry(event, event.body) for event in taken if isinstance(event.body, CommandRun)
        )

    def look_at(self, subject: Subject) -> None:
        """The operator has chosen."""
        self.subject = subject
        self.follows = False

    def follow(self) -> None:
        """Look at what is most urgent, from now on."""
        self.follows = True
        failure = self.board.failure
        if self._ends_here and failure is not None:
            self.subject = Subject(failure.host, failure.role)
        else:
            self.subject = most_urgent(self.board, self.subject)

    def end_here(self, ends: bool) -> None:
        """Nothing more is known of the run, even if it has not told its end: who waits still will not be told
        of any more, and what it failed of is the last word."""
        if ends != self._ends_here:
            self._ends_here = ends
            self.changes += 1
            if self.follows:
                self.follow()
