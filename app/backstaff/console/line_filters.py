"""What happens to the colours of a finished line where a terminal's own are used, or none are wanted.

Both filters belong to themes of the terminal's colours, in which every background that is not the terminal's
own is a highlight, and one colour stands for dim text.
"""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from backstaff.console.themes import MUTED

_MUTED = Color.parse(MUTED).rich_color
_LOUD = {Color.parse(name).rich_color for name in ("ansi_red", "ansi_yellow")}
_DEFAULT = RichColor.default()


class MutedIsDim(LineFilter):
    """Writes muted text in the terminal's text colour, dimmed: that can be read on any background."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments with dim instead of muted text."""
        return [Segment(text, _dimmed(style), control) for text, style, control in segments]


class AttributesOnly(LineFilter):
    """Writes no colour at all: highlights are reversed, muted text is dim, alarming text is bold."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The segments without any colour, not even the terminal's default ones."""
        return [Segment(text, _colourless(style), control) for text, style, control in segments]


@lru_cache(4096)
def _dimmed(style: Style | None) -> Style | None:
    if style is None or style.color != _MUTED:
        return style
    return style + Style(color=_DEFAULT, dim=True)


@lru_cache(4096)
def _colourless(style: Style | None) -> Style | None:
    if style is None:
        return None
    highlit = style.bgcolor is not None and not style.bgcolor.is_default
    plain = Style(
        bold=style.bold or style.color in _LOUD or None,
        dim=style.dim or style.color == _MUTED or None,
        italic=style.italic,
        underline=style.underline,
        underline2=style.underline2,
        strike=style.strike,
        reverse=style.reverse or highlit or None,
    )
    return plain + Style.from_meta(style.meta) if style.meta else plain
