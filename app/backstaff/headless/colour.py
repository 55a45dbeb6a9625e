"""Colour for state, and only where a person reads it."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO

from backstaff.events.inert import inert


class Tone(StrEnum):
    """What a line means for the reader; each is a word in the text as well."""

    PLAIN = ""
    GOOD = "32"
    WARNING = "33"
    BAD = "31;1"
    DIM = "2"
    STRONG = "1"


_OURS = re.compile(f"(\x1b\\[(?:0|{'|'.join(tone.value for tone in Tone if tone.value)})m)")
"""The codes of tones, and the one that ends them."""


def colour_wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to `stream`: a terminal that is not dumb, and NO_COLOR unset or empty."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:
        return False


class Paint:
    """Colours text, or leaves it as it is; of a whole line, keeps no other codes than its own."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, text: str, tone: Tone) -> str:
        """`text` in the colour of `tone`. Widths are reckoned before: colour codes have none."""
        if not self.enabled or not tone.value or not text:
            return text
        return f"\x1b[{tone.value}m{text}\x1b[0m"

    def inert(self, line: str) -> str:
        """`line` as a terminal can only print it: of all codes in it those of tones are left, if any."""
        if not self.enabled:
            return inert(line)
        parts = _OURS.split(line)
        return "".join(part if number % 2 else inert(part) for number, part in enumerate(parts))
