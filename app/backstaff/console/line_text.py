"""A line of outside text as a terminal can show it, and the cells it takes there.

Rich measures the strips that reach the terminal, so its table of widths is the one used here.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size

from backstaff.events.inert import inert

LONGEST_TEXT = 10_000
"""Characters of a line that are kept for showing; the rest is only counted."""

TAB = 8
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_JOINERS = {0x200D: None, 0xFE0F: None}
"""Zero width joiner and emoji selector: terminals disagree on the width of what they join."""


class Window(NamedTuple):
    """The part of a text that some cells show: the characters from `start` up to `end`, behind `lead` blank
    cells where a wide character is cut in half."""

    start: int
    end: int
    lead: int


def shown_text(raw: str) -> str:
    """`raw` as one inert line: tabs become spaces, and of a very long one its beginning is kept together
    with how much was left out."""
    if len(raw) <= LONGEST_TEXT and raw.isascii() and raw.isprintable():
        return raw
    text = _expanded(raw[:LONGEST_TEXT])
    left_out = max(0, len(raw) - LONGEST_TEXT) + max(0, len(text) - LONGEST_TEXT)
    return f"{text[:LONGEST_TEXT]} … {left_out:,} more characters" if left_out else text


def _expanded(raw: str) -> str:
    *pieces, last = raw.split("\t")
    parts: list[str] = []
    column = 0
    for piece in pieces:
        text = _one_width(inert(piece))
        column += cells(text)
        gap = TAB - column % TAB
        column += gap
        parts += [text, " " * gap]
    return "".join(parts) + _one_width(inert(last))


def _one_width(text: str) -> str:
    return text if text.isascii() else text.translate(_JOINERS)


def cells(text: str) -> int:
    """The cells that a shown text takes: the sum of what its characters take."""
    if text.isascii():
        return len(text)
    return len(text) + sum(get_character_cell_size(each) - 1 for each in _NOT_ASCII.findall(text))


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where something is cut."""
    if cells(text) <= width:
        return text
    return text[: window(text, 0, width - 1).end] + "…" if width > 0 else ""


def fitted(text: str, width: int) -> str:
    """`text` in exactly `width` cells, with an ellipsis where something is cut."""
    kept = cut(text, width)
    return kept + " " * (width - cells(kept))


def window(text: str, skip: int, width: int) -> Window:
    """What `width` cells show of a text of which the first `skip` cells are out of sight."""
    if text.isascii():
        return Window(min(skip, len(text)), min(skip + width, len(text)), 0)
    column, start, lead = 0, None, 0
    for position, character in enumerate(text):
        size = get_character_cell_size(character)
        if start is None and column >= skip and (size or column == 0):
            start, lead = position, column - skip
        if column + size > skip + width:
            return Window(position if start is None else start, position, lead)
        column += size
    return Window(len(text) if start is None else start, len(text), lead)


@lru_cache(256)
def fold(text: str, width: int) -> tuple[int, ...]:
    """Where the rows of a text begin that is wrapped at `width` cells: at least one row. A wide character
    is never cut in half, a combining one stays with what it combines with."""
    if text.isascii():
        return tuple(range(0, len(text), width)) or (0,)
    starts, taken = [0], 0
    for position, character in enumerate(text):
        size = get_character_cell_size(character)
        if taken + size > width and taken:
            starts.append(position)
            taken = 0
        taken += size
    return tuple(starts)
