"""Glyphs of the console as ASCII, for terminals and locales that have nothing else."""

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from backstaff.console.bars import EMPTY, EMPTY_ASCII, FULL, FULL_ASCII
from backstaff.console.states import ALL_LOOKS

_OTHERS = {FULL: FULL_ASCII, EMPTY: EMPTY_ASCII, "·": ".", "→": ">", "…": "~", "│": "|", "▏": "|", "█": "#"}
_SHADES = dict.fromkeys("▁▂▃▄▅▆▇", "#")
"""The ends of Textual's scrollbars."""
_TABLE = str.maketrans({**{look.glyph: look.ascii_glyph for look in ALL_LOOKS}, **_OTHERS, **_SHADES})


class AsciiGlyphs(LineFilter):
    """Writes the console's own glyphs in ASCII. Each takes one cell before and after."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments in ASCII; other characters, as in container output, stay as they are."""
        return [_in_ascii(segment) for segment in segments]


def _in_ascii(segment: Segment) -> Segment:
    if segment.control or segment.text.isascii():
        return segment
    return Segment(segment.text.translate(_TABLE), segment.style)
