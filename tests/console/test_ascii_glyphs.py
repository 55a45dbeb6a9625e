"""What is drawn where only ASCII can be shown."""

import pytest
from rich.segment import Segment
from textual.color import Color

from backstaff.console.ascii_glyphs import AsciiGlyphs
from backstaff.console.states import ALL_LOOKS


def drawn(text: str) -> str:
    (segment,) = AsciiGlyphs().apply([Segment(text)], Color(0, 0, 0))
    return segment.text


@pytest.mark.parametrize("text", ["▌ a notice ▐", "▊▔▎", "━━──", "".join(look.glyph for look in ALL_LOOKS)])
def test_what_the_console_draws_with_becomes_ascii_of_the_same_width(text: str) -> None:
    assert drawn(text).isascii()
    assert len(drawn(text)) == len(text)


def test_the_same_characters_in_output_become_ascii_too_and_all_others_stay() -> None:
    assert drawn("✓ grün → 漢…") == "+ grün > 漢~"
