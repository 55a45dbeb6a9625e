"""What a line of a journal is: an event, damage that is told and passed over, or nothing."""

import codecs
from dataclasses import dataclass

from backstaff.errors import JournalError
from backstaff.events.types import Event
from backstaff.events.wire import parse_line
from backstaff.replay.lines import LONGEST_LINE, RawLine


@dataclass(frozen=True, slots=True)
class Entry:
    """An event, and from which byte of the journal to which its line goes."""

    offset: int
    end: int
    event: Event


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that is no event of ours, and why; reading goes on after it.

    `line` is its number, counted from 1, and 0 where nobody has counted."""

    offset: int
    end: int
    why: str
    line: int = 0

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else f"the line at byte {self.offset}"
        return f"{place} can not be read and is left out: {self.why}"


def read_line(raw: RawLine) -> Entry | Damage | None:
    """What a line is. None for an empty one, and for the last one as long as it is no whole event.

    The text of a whole event can not go on, so its line need not have ended."""
    if raw.data is None:
        why = f"it is longer than {LONGEST_LINE // 1024 // 1024} MiB"
        return Damage(raw.offset, raw.end, why) if raw.whole else None
    data = raw.data if raw.offset else raw.data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        return None
    try:
        return Entry(raw.offset, raw.end, parse_line(data))
    except JournalError as error:
        return Damage(raw.offset, raw.end, error.what) if raw.whole else None
