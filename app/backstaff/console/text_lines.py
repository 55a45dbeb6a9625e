"""Text laid out for a width: labels with text beside them, wrapped under its own beginning."""

import re

from textual.content import Content

from backstaff.console.line_text import cells, fold, window

LEAST_TEXT = 16
"""Text is never squeezed below this, however narrow the panel."""
_PIECES = re.compile(r"\s+|\d[\d.,]* (?:ms|s|min|h|kB|MB|GB)\b\S*|\S+")
"""Blanks, numbers together with their unit, words: a line is broken between them."""

Lines = list[Content]


def hanging(label: str, text: str, width: int, style: str, *, label_style: str = "") -> Lines:
    """`label`, and `text` beside it, wrapped under its own beginning."""
    indent = cells(label)
    first, *rest = wrapped(text, max(LEAST_TEXT, width - indent))
    lines = [Content.assemble((label, label_style or style), (first, style))]
    return [*lines, *(Content.assemble(" " * indent, (line, style)) for line in rest)]


def at_most(lines: Lines, most: int, width: int) -> Lines:
    """The first `most` lines of a wrapped text, with an ellipsis at the end of the last where more follow."""
    if len(lines) <= most:
        return lines
    *kept, last = lines[:most]
    return [*kept, last.truncate(max(0, width - 1)) + Content("…")]


def wrapped(text: str, width: int) -> list[str]:
    """The rows of a text, none wider than `width` cells, at least one. What is too long for any row is broken
    where the row ends, but no character is: one that takes two cells goes to the next row."""
    rows = [""]
    for piece in _PIECES.findall(text):
        room = width - cells(rows[-1])
        if cells(piece) <= room:
            rows[-1] += piece
        elif piece.isspace():
            rows.append("")
        elif cells(piece) <= width:
            rows.append(piece)
        else:
            head, *others = _broken(piece, room, width)
            rows[-1] += head
            rows += others
    return [row.rstrip() for row in rows if row.strip()] or [""]


def _broken(word: str, room: int, width: int) -> list[str]:
    """A long word in pieces: what `room` cells hold, then rows of `width` cells."""
    end = window(word, 0, room).end
    rest = word[end:]
    starts = fold(rest, width)
    return [word[:end], *(rest[start:stop] for start, stop in zip(starts, (*starts[1:], None), strict=True))]
