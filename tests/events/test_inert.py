import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.inert import inert


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, äöü, 漢字, 🚀 stay", "plain text, äöü, 漢字, 🚀 stay"),
        ("\x1b[31;1mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b[2J\x1b[Hcleared", "cleared"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]52;c;cm0gLXJm\x1b\\copied", "copied"),
        ("\x1bPdevice\x1b\\text", "text"),
        ("\x1b(0text", "text"),
        ("\x1bctext", "text"),
        ("\x1b]0;never ended", "]0;never ended"),
        ("10%\r100%", "10% 100%"),
        ("line\r\n", "line"),
        ("a\nb\tc", "a b c"),
        ("rm\u202e txt.exe", "rm txt.exe"),
        ("a\u200bb", "ab"),
        ("caf\udce9", "caf"),
        ("bell\x07 null\x00 del\x7f", "bell null del"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        ("", ""),
    ],
)
def test_outside_text_can_only_be_printed(text: str, shown: str) -> None:
    assert inert(text) == shown


@given(
    st.text(
        st.characters(categories=["Cc", "Cf", "Cs", "Lu", "Zs", "Zl", "Zp"], include_characters="[]\\;m0")
    )
)
def test_nothing_that_controls_a_terminal_is_left(text: str) -> None:
    shown = inert(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)
    assert inert(shown) == shown


def test_text_is_never_lost_to_a_sequence_that_does_not_end() -> None:
    assert "evidence" in inert("\x1b[ \x1b] \x1bP evidence")


@pytest.mark.parametrize("opener", ["\x9d", "\x90a", "\x1b]", "\x1b[", "\x1bP;", "\x9b0"])
def test_a_megabyte_of_sequences_without_an_end_is_gone_through_once(opener: str) -> None:
    """Looking for the end of each anew would take minutes here."""
    shown = inert(opener * (1_000_000 // len(opener)) + "evidence")
    assert shown.endswith("vidence")
    assert shown.isprintable()
