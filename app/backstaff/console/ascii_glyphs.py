"""Glyphs of the console as ASCII, for terminals and locales that have nothing else."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from backstaff.console.bars import EMPTY, EMPTY_ASCII, FULL, FULL_ASCII
from backstaff.console.states import ALL_LOOKS
from backstaff.console.timeline_text import TIMELINE_LOOKS

_OTHERS = {FULL: FULL_ASCII, EMPTY: EMPTY_ASCII, "·": ".", "→": ">", "…": "~", "│": "|", "▏": "|", "█": "#"}
_SHADES = dict.fromkeys("▁▂▃▄▅▆▇", "#")
"""The ends of Textual's scrollbars."""
_EDGES = {**dict.fromkeys("▉▊▋▌▍▎▐▕", "|"), "▔": "-"}
"""What Textual draws the edges of notices and fields with."""
_LOOKS = {look.glyph: look.ascii_glyph for look in (*ALL_LOOKS, *TIMELINE_LOOKS)}
_TABLE = str.maketrans({**_LOOKS, **_OTHERS, **_SHADES, **_EDGES})


class AsciiGlyphs(LineFilter):
    """Writes the glyphs that the console draws with in ASCII. Each takes one cell before and after.

    A line does not tell who wrote what of it, so the same characters in the output of a container, such as
    its own ✓, → and …, are written in ASCII too. All others stay as they are."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments with each of these glyphs replaced."""
        return [_in_ascii(segment) for segment in segments]


def _in_ascii(segment: Segment) -> Segment:
    if segment.control or segment.text.isascii():
        return segment
    return Segment(segment.text.translate(_TABLE), segment.style)
