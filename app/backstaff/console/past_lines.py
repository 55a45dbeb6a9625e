"""The lines before a place in a recording, for the views that show a run as it stood there."""

from collections.abc import Generator

from backstaff.console.commands_view import CommandEntry, command_entry
from backstaff.console.events_view import EventEntry, event_entries
from backstaff.console.line_store import LogEntry
from backstaff.console.log_view import log_entry, shown_name
from backstaff.events.board import Board
from backstaff.events.types import CommandRun, Event, Output
from backstaff.replay.entries import Entry
from backstaff.replay.folding import STEP_COST, Folding, Read
from backstaff.replay.glimpse import Glimpse, Reach, tell_unread
from backstaff.replay.plain_output import PlainOutput
from backstaff.replay.recording import Moment, Recording

FIRST_ENTRIES = 300
"""How many entries before a place are read before anything is shown of it."""
MOST_ENTRIES = 20_000
"""How many are read after that, while keys have their turn."""
MOST_BYTES = 32 * 1024 * 1024
_LINE_COST = 4
"""What it costs to show a line, beyond reading and folding it."""


class PastLines:
    """The lines of a stretch of a journal that begins at byte `start`, and the Board at its end.

    With `whole` nothing is missing on the Board but lines of output."""

    def __init__(self, start: int, board: Board, *, whole: bool = True) -> None:
        self.start = start
        self.whole = whole
        self.logs: list[LogEntry] = []
        self.commands: list[CommandEntry] = []
        self.events: list[EventEntry] = []
        self._folding = Folding(board)

    @property
    def board(self) -> Board:
        """The Board after all that was taken in."""
        return self._folding.board()

    def take(self, line: Read) -> None:
        """Add what a line tells, and fold it."""
        if isinstance(line.what, PlainOutput):
            self.logs.append(_plain_entry(line.what))
        elif isinstance(line.what, Entry):
            self._add(line.what.event)
        self._folding.take(line)

    def _add(self, event: Event) -> None:
        self.events.extend(event_entries(event, self.board))
        if isinstance(event.body, Output):
            self.logs.append(log_entry(event, event.body))
        elif isinstance(event.body, CommandRun):
            self.commands.append(command_entry(event, event.body))


def lines_held(moment: Moment) -> PastLines:
    """The lines that a moment holds."""
    lines = PastLines(moment.start, moment.board)
    for line in moment.held:
        lines.take(line)
    return lines


def lines_before(recording: Recording, offset: int, most: int) -> Generator[int, None, PastLines]:
    """The lines of the last entries before a place, at most so many, a few milliseconds at a time."""
    start = yield from recording.start_before(offset, most, MOST_BYTES)
    moment: Moment = yield from recording.going_before(start)
    return (yield from _taken(recording, PastLines(start, moment.board), offset))


def lines_nearby(
    recording: Recording, offset: int, most: int, reach: Reach
) -> Generator[int, None, PastLines]:
    """The same without an index, at once: with a Board as far as the events within `reach` tell it."""
    start = yield from recording.start_before(offset, most)
    seen: Glimpse = yield from recording.glimpse_before(start, reach)
    lines = yield from _taken(recording, PastLines(start, seen.board, whole=seen.whole), offset)
    if not lines.whole:
        tell_unread(lines.board)
    return lines


def _taken(recording: Recording, lines: PastLines, offset: int) -> Generator[int, None, PastLines]:
    """With all lines from its start up to a place."""
    cost = 0
    for line in recording.read(lines.start, offset):
        lines.take(line)
        cost += line.cost + _LINE_COST
        if cost >= STEP_COST:
            yield line.raw.end
            cost = 0
    return lines


def _plain_entry(output: PlainOutput) -> LogEntry:
    """The same line as that of its event."""
    who = output.speaker
    return LogEntry(
        at_t=output.t,
        at=output.wall(),
        host=who.host,
        role=who.role,
        source=who.source,
        name=shown_name(who.source, who.name),
        stream=output.stream.decode(),
        text=output.said(),
    )
