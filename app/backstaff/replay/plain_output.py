"""Lines of output as the journal's writer writes them, told from their bytes alone.

Nearly all of a big journal is output, and to make an event of every line costs several times what is asked
of most of them: whose they are, when they came, whether they say something.
"""

import json
import re
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from backstaff.events.board import tail_key
from backstaff.events.board_state import OutputLine
from backstaff.events.types import FORMAT_VERSION

_NAME = rb'([^"\\\x00-\x1f]*)'
_PLAIN = re.compile(
    rb'\{"v":%d,"seq":(?:0|[1-9][0-9]{0,17}),"at":"(((?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2})'
    % FORMAT_VERSION
    + rb'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z)"'
    + rb',"t":((?:0|[1-9][0-9]{0,9})\.[0-9]{1,9}),"kind":"output"'
    + rb',"source":"(container|hook|build|proxy|command)"'
    + rb',"text":"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u00[01][0-9a-f])[^"\\\x00-\x1f]*)*)"'
    + rb',"host":"%b","role":"%b","name":"%b","stream":"%b"\}' % (_NAME, _NAME, _NAME, _NAME)
)


class Speaker(NamedTuple):
    """Who writes lines of output; `tail` is where a Board keeps them."""

    tail: str
    source: str
    host: str
    role: str
    name: str


class PlainOutput(NamedTuple):
    """What is known of a line of output without making an event of it; the line is sure to be a good one.

    Bytes are as they stand in the journal."""

    t: float
    speaker: Speaker
    text: bytes
    stream: bytes
    at: bytes

    def wall(self) -> datetime:
        """The time of day."""
        return datetime.fromisoformat(self.at.decode())

    def said(self) -> str:
        """What was written."""
        return str(json.loads(b'"%b"' % self.text)) if b"\\" in self.text else self.text.decode()

    def on_board(self) -> OutputLine:
        """The line as a Board keeps it."""
        return OutputLine(self.t, self.said(), self.stream.decode(), self.speaker.name)


def plain_output(line: bytes | None) -> PlainOutput | None:
    """A line of output; None if it may be anything else, or is not written as our writer does."""
    match = _PLAIN.fullmatch(line) if line else None
    if match is None or line is None:
        return None
    at, day, t, source, text, host, role, name, stream = match.groups()
    if not _is_day(day) or not (line.isascii() or _is_text(line)):
        return None
    return PlainOutput(float(t), _speaker(source, host, role, name), text, stream, at)


@lru_cache(maxsize=16)
def _is_day(day: bytes) -> bool:
    try:
        date.fromisoformat(day.decode())
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _speaker(source: bytes, host: bytes, role: bytes, name: bytes) -> Speaker:
    words = source.decode(), host.decode(), role.decode(), name.decode()
    return Speaker(tail_key(*words), *words)


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
