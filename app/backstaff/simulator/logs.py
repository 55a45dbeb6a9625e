"""What a container wrote, kept line by line as Docker's log files keep it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_LONGEST = 16 * 1024
KEPT = 2_000
"""Lines; older ones go, as they do when Docker begins a new file."""


@dataclass(frozen=True)
class Entry:
    """One line, with its line end if it has one, and when it was written in nanoseconds since 1970."""

    at: int
    stream: str
    data: bytes


@dataclass
class Log:
    """The log of one container. `stamp` gives the times."""

    stamp: Callable[[], int]
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=KEPT))
    _begun: dict[str, bytes] = field(default_factory=dict)
    _readers: set[asyncio.Queue[Entry | None]] = field(default_factory=set)

    def write(self, stream: str, data: bytes) -> None:
        """Take in what a program writes; lines become visible when they are complete, or too long."""
        data = self._begun.pop(stream, b"") + data
        while data:
            line, end, _ = data[: _LONGEST + 1].partition(b"\n")
            if not end and len(data) <= _LONGEST:
                self._begun[stream] = data
                return
            line = (line + end)[:_LONGEST]
            self._add(stream, line)
            data = data[len(line) :]

    def flush(self) -> None:
        """The programs have ended: lines that were begun are complete."""
        begun, self._begun = self._begun, {}
        for stream, data in begun.items():
            self._add(stream, data)

    def end_following(self) -> None:
        """Let every reader come to its end."""
        for reader in self._readers:
            reader.put_nowait(None)

    def select(self, *, since: int = 0, tail: int | None = None) -> Sequence[Entry]:
        """Entries not older than `since`, the last `tail` of them."""
        found = [entry for entry in self.entries if entry.at >= since]
        return found if tail is None else found[max(0, len(found) - tail) :]

    def follow(self) -> "asyncio.Queue[Entry | None]":
        """New entries from now on; None is the end. Give it back to `unfollow`."""
        queue: asyncio.Queue[Entry | None] = asyncio.Queue()
        self._readers.add(queue)
        return queue

    def unfollow(self, queue: "asyncio.Queue[Entry | None]") -> None:
        """Nobody reads it any more."""
        self._readers.discard(queue)

    def _add(self, stream: str, data: bytes) -> None:
        entry = Entry(self.stamp(), stream, data)
        self.entries.append(entry)
        for reader in self._readers:
            reader.put_nowait(entry)
