"""The newest of any number of lines, in bounded memory."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from backstaff.explain.words import counted
from backstaff.hosts.protocol import LogLine

MOST_LINES = 200_000
MOST_CHARACTERS = 32 * 1024 * 1024


class NewestLines:
    """Takes lines of one log, oldest first, and keeps the newest that there is room for."""

    def __init__(self, most_lines: int = MOST_LINES, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_lines = most_lines
        self._most_characters = most_characters
        self._lines: deque[LogLine] = deque()
        self._characters = 0
        self._left_out = 0

    def add(self, line: LogLine) -> None:
        """Take one more; the oldest go where there is no room. The newest always stays."""
        self._lines.append(line)
        self._characters += len(line.text)
        while len(self._lines) > 1 and self._too_much:
            self._characters -= len(self._lines.popleft().text)
            self._left_out += 1

    def lines(self) -> Sequence[LogLine]:
        """What was kept, behind a line that says how much was not."""
        if not self._left_out:
            return list(self._lines)
        text = f"[… {counted(self._left_out, 'older line')} left out: ask for less with --since or --lines]"
        return [replace(self._lines[0], text=text), *self._lines]

    @property
    def _too_much(self) -> bool:
        return len(self._lines) > self._most_lines or self._characters > self._most_characters
