"""How much of what a program writes is recorded: all of what a sane one does, a part of a flood.

Every line that is recorded is kept in the journal and shown live, so a program that writes a gigabyte must
not decide how large the one grows and how busy the other is. What is left out is told where it is missing.
"""

from dataclasses import dataclass

from backstaff.clock import Clock, Seconds
from backstaff.events.bounded import LONGEST_TEXT
from backstaff.explain.words import counted

CLOSED_FOR_S: Seconds = 1.0


@dataclass(frozen=True)
class Allowance:
    """What may come at once, and what for each second is added to it later; lines and characters."""

    lines: int
    lines_per_s: int
    characters: int
    characters_per_s: int


CONTAINER = Allowance(5_000, 200, 2 * 1024 * 1024, 128 * 1024)
LOCAL = Allowance(50_000, 500, 16 * 1024 * 1024, 256 * 1024)
"""Builds write much, and what they wrote can not be read again elsewhere."""


class OutputBudget:
    """The budget of one program. Once it is used up nothing is admitted for a second, so that what is
    admitted are lines in a row and not single ones out of many."""

    def __init__(self, clock: Clock, allowance: Allowance) -> None:
        self._clock = clock
        self._allowance = allowance
        self._lines: float = allowance.lines
        self._characters: float = allowance.characters
        self._filled_at = clock.now()
        self._closed_until: Seconds = float("-inf")
        self._left_out = 0

    def admits(self, text: str) -> bool:
        """Whether this line is to be recorded."""
        now = self._clock.now()
        if now < self._closed_until:
            self._left_out += 1
            return False
        self._fill(now)
        if self._lines < 1 or self._characters <= 0:
            self._closed_until = now + CLOSED_FOR_S
            self._left_out += 1
            return False
        self._lines -= 1
        self._characters -= min(len(text), LONGEST_TEXT)
        return True

    def gap(self) -> str:
        """What to record in place of the lines left out since this was last asked; empty if none were."""
        left_out, self._left_out = self._left_out, 0
        return f"[… {counted(left_out, 'line')} left out here: more than is recorded]" if left_out else ""

    def _fill(self, now: Seconds) -> None:
        passed, self._filled_at = now - self._filled_at, now
        most = self._allowance
        self._lines = min(most.lines, self._lines + passed * most.lines_per_s)
        self._characters = min(most.characters, self._characters + passed * most.characters_per_s)
