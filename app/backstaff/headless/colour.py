"""Colour for state, and only where a person reads it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO


class Tone(StrEnum):
    """What a line means for the reader; each is a word in the text as well."""

    PLAIN = ""
    GOOD = "32"
    WARNING = "33"
    BAD = "31;1"
    DIM = "2"
    STRONG = "1"


def colour_wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to `stream`: a terminal that is not dumb, and NO_COLOR unset or empty."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:
        return False
