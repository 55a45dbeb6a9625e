"""The lines before a place in a recording, for the views that show a run as it stood there."""

from collections.abc import Generator
from dataclasses import dataclass, field

from backstaff.console.commands_view import CommandEntry, command_entry
from backstaff.console.events_view import EventEntry, event_entries
from backstaff.console.line_store import LogEntry
from backstaff.console.log_view import log_entry
from backstaff.events.board import Board
from backstaff.events.types import CommandRun, Event, Output
from backstaff.replay.entries import Entry
from backstaff.replay.glimpse import Glimpse, Reach, tell_unread
from backstaff.replay.recording import Moment, Recording

FIRST_ENTRIES = 300
"""How many entries before a place are read before anything is shown of it."""
MOST_ENTRIES = 20_000
"""How many are read after that, while keys have their turn."""
MOST_BYTES = 32 * 1024 * 1024
_AT_ONCE = 50
_STARTS_AT_ONCE = 1_000


@dataclass
class PastLines:
    """The lines of a stretch of a journal that begins at byte `start`, and the Board at its end.

    With `whole` nothing is missing on the Board but lines of output."""

    start: int
    board: Board = field(default_factory=Board)
    whole: bool = True
    logs: list[LogEntry] = field(default_factory=list)
    commands: list[CommandEntry] = field(default_factory=list)
    events: list[EventEntry] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Add the lines of an event, and fold it."""
        self.events.extend(event_entries(event, self.board))
        if isinstance(event.body, Output):
            self.logs.append(log_entry(event, event.body))
        elif isinstance(event.body, CommandRun):
            self.commands.append(command_entry(event, event.body))
        self.board.fold(event)


def lines_before(recording: Recording, offset: int, most: int) -> Generator[int, None, PastLines]:
    """The lines of the last entries before a place, at most so many, a few milliseconds at a time."""
    start = yield from _start_before(recording, offset, most)
    moment: Moment = yield from recording.going_before(start)
    return (yield from _taken(recording, PastLines(start, moment.board), offset))


def lines_nearby(
    recording: Recording, offset: int, most: int, reach: Reach
) -> Generator[int, None, PastLines]:
    """The same without an index, at once: with a Board as far as the events within `reach` tell it."""
    start = yield from _start_before(recording, offset, most)
    seen: Glimpse = yield from recording.glimpse_before(start, reach)
    lines = yield from _taken(recording, PastLines(start, seen.board, seen.whole), offset)
    if not lines.whole:
        tell_unread(lines.board)
    return lines


def _taken(recording: Recording, lines: PastLines, offset: int) -> Generator[int, None, PastLines]:
    """With all lines from its start up to a place."""
    start = lines.start
    for number, each in enumerate(recording.entries(start)):
        if each.offset >= offset:
            break
        if isinstance(each, Entry):
            lines.take(each.event)
        if number % _AT_ONCE == _AT_ONCE - 1:
            yield each.end
    return lines


def _start_before(recording: Recording, offset: int, most: int) -> Generator[int, None, int]:
    start = offset
    for number, line in enumerate(recording.places_before(offset)):
        if number >= most or offset - line > MOST_BYTES:
            break
        start = line
        if number % _STARTS_AT_ONCE == _STARTS_AT_ONCE - 1:
            yield start
    return start
