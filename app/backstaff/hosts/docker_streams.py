"""Endless answers of the Docker Engine taken apart, piece by piece and in bounded memory; no I/O.

Docker sends the output of a container without a terminal in frames: one byte for the stream, three zero
bytes, four bytes length, payload. Raises ValueError for anything that is not such a stream.

A line begins with its time, as RFC 3339 has it. Where there is none all of the line is what a container
wrote, and its time is empty.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from backstaff.hosts import line_buffer
from backstaff.hosts.line_buffer import LineBuffer
from backstaff.hosts.protocol import LogLine

_HEADER = struct.Struct(">BxxxL")
_STREAMS = {0: "stdin", 1: "stdout", 2: "stderr", 3: "systemerr"}
_TIME = re.compile(
    rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
    rb"(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2}))(?: |\Z)"
)
_LONGEST_TIME = 36


@dataclass(frozen=True)
class Frame:
    """One message of a container; `payload` is cut after `LONGEST_LINE` bytes."""

    stream: str
    payload: bytes
    cut: bool = False


@dataclass
class FrameParser:
    """Takes the frames out of a multiplexed stream."""

    _buffer: bytearray = field(default_factory=bytearray)
    _stream: str = ""
    _missing: int = 0
    _payload: bytearray = field(default_factory=bytearray)
    _cut: bool = False

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Every frame that `data` completes."""
        self._buffer += data
        while self._buffer:
            if not self._stream and not self._read_header():
                return
            self._read_payload()
            if self._missing:
                return
            yield Frame(self._stream, bytes(self._payload), self._cut)
            self._stream, self._cut = "", False
            self._payload.clear()

    def _read_header(self) -> bool:
        if len(self._buffer) < _HEADER.size:
            return False
        number, self._missing = _HEADER.unpack_from(self._buffer)
        if number not in _STREAMS or any(self._buffer[1:4]):
            raise ValueError("what came is not the output of a container")
        self._stream = _STREAMS[number]
        del self._buffer[: _HEADER.size]
        return True

    def _read_payload(self) -> None:
        taken = min(self._missing, len(self._buffer))
        room = line_buffer.LONGEST_LINE - len(self._payload)
        self._payload += self._buffer[: min(taken, room)]
        self._cut = self._cut or taken > room
        self._missing -= taken
        del self._buffer[:taken]


class FramedLog:
    """The lines of a log with timestamps, from a container without a terminal.

    Docker splits lines over 16 KiB into several messages, each with a timestamp of its own; a line gets
    its first one. System errors count as stderr.
    """

    def __init__(self) -> None:
        self._frames = FrameParser()
        self._lines: dict[str, tuple[str, LineBuffer]] = {}

    def feed(self, data: bytes) -> Iterator[LogLine]:
        """Every line that `data` completes."""
        for frame in self._frames.feed(data):
            stream = "stdout" if frame.stream == "stdout" else "stderr"
            at, text = _split_time(frame.payload)
            first_at, lines = self._lines.pop(stream, (at, LineBuffer()))
            for line in lines.feed(text):
                yield LogLine(stream, first_at, line)
                first_at = at
            if not lines.empty:
                self._lines[stream] = (first_at, lines)

    def rest(self) -> Iterator[LogLine]:
        """Lines that were begun when the stream ended."""
        for stream, (at, lines) in self._lines.items():
            yield LogLine(stream, at, lines.flush())
        self._lines.clear()


class TerminalLog:
    """The lines of a log with timestamps, from a container with a terminal: one plain stream."""

    def __init__(self) -> None:
        self._lines = LineBuffer()

    def feed(self, data: bytes) -> Iterator[LogLine]:
        """Every line that `data` completes."""
        for line in self._lines.feed(data):
            yield _line_of_terminal(line)

    def rest(self) -> Iterator[LogLine]:
        """A line that was begun when the stream ended."""
        if not self._lines.empty:
            yield _line_of_terminal(self._lines.flush())


def _line_of_terminal(line: str) -> LogLine:
    at, _ = _split_time(line[:_LONGEST_TIME].encode("ascii", "replace"))
    return LogLine("stdout", at, line[len(at) + 1 :] if at else line)


def _split_time(payload: bytes) -> tuple[str, bytes]:
    """The time in front, and what is left without it."""
    found = _TIME.match(payload)
    if found is None:
        return "", payload
    at = found[1].decode()
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return "", payload
    return at, payload[found.end() :]


@dataclass
class FramedOutput:
    """Everything that a program inside a container wrote, up to `limit` bytes for each stream."""

    limit: int
    _frames: FrameParser = field(default_factory=FrameParser)
    _kept: dict[str, bytearray] = field(
        default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()}
    )
    _cut: set[str] = field(default_factory=set)

    def feed(self, data: bytes) -> None:
        """Take in what came."""
        for frame in self._frames.feed(data):
            stream = "stdout" if frame.stream == "stdout" else "stderr"
            room = self.limit - len(self._kept[stream])
            self._kept[stream] += frame.payload[:room]
            if frame.cut or len(frame.payload) > room:
                self._cut.add(stream)

    def text(self, stream: str) -> str:
        """`stdout` or `stderr`, decoded with replacement characters; says so at its end if it was cut."""
        mark = "\n[output cut]\n" if stream in self._cut else ""
        return self._kept[stream].decode("utf-8", "replace") + mark
