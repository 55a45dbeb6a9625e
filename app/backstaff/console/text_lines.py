"""Text laid out for a width: labels with text beside them, wrapped under its own beginning."""

import textwrap

from textual.content import Content

from backstaff.events.width import columns

LEAST_TEXT = 16
"""Text is never squeezed below this, however narrow the panel."""

Lines = list[Content]


def hanging(label: str, text: str, width: int, style: str, *, label_style: str = "") -> Lines:
    """`label`, and `text` beside it, wrapped under its own beginning."""
    indent = columns(label)
    wrapped = _wrapped(text, max(LEAST_TEXT, width - indent))
    first, *rest = wrapped or [""]
    lines = [Content.assemble((label, label_style or style), (first, style))]
    return [*lines, *(Content.assemble(" " * indent, (line, style)) for line in rest)]


def at_most(lines: Lines, most: int, width: int) -> Lines:
    """The first `most` lines of a wrapped text, with an ellipsis at the end of the last where more follow."""
    if len(lines) <= most:
        return lines
    *kept, last = lines[:most]
    return [*kept, last.truncate(max(0, width - 1)) + Content("…")]


def _wrapped(text: str, width: int) -> list[str]:
    if columns(text) <= width:
        return [text]
    return textwrap.wrap(text, width, break_on_hyphens=False)
