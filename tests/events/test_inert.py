import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.inert import BREAKS, inert, inert_lines, is_as_seen, readings, without_colours


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
        ("rm\u061c\u2067\u202e txt.exe", "rm txt.exe"),
        ("a\u180e\u206a\u206f\u00ad\ufffbb", "ab"),
        ("a" + "".join(chr(0xE0000 + ord(each)) for each in "hidden") + "\U000e007fb", "ab"),
        (
            "क्\u200dष, क्\u200cष, 👩\u200d🚀, ❤\ufe0f, 葛\U000e0100",
            "क्\u200dष, क्\u200cष, 👩\u200d🚀, ❤\ufe0f, 葛\U000e0100",
        ),
        ("\x1b]0;title\tof\x07 text", "]0;title of text"),
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


SEEN_FORMATS = {
    *range(0x0600, 0x0606),
    *range(0x13430, 0x13440),
    *(0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD),
}
"""Format characters that are drawn: signs around numbers, and how hieroglyphs stand together."""
JOINERS = {0x200C, 0x200D}


def test_no_character_that_only_controls_or_formats_comes_through_but_the_joiners() -> None:
    """Looked for in all of Unicode, so that a newer one shows what is new in it."""
    dropped = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    left = {
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in dropped and chr(code) in inert(f"a{chr(code)}b")
    }
    assert left - SEEN_FORMATS == JOINERS


@pytest.mark.parametrize("direction", ["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])
def test_nothing_that_turns_the_direction_of_a_line_comes_through(direction: str) -> None:
    turning = [
        chr(code) for code in range(sys.maxunicode) if unicodedata.bidirectional(chr(code)) == direction
    ]
    assert turning
    assert inert("".join(turning)) == ""


UGLY = st.text(
    "\x1b\x9b[]31;mP(\\\x07\x9c\x9d\x00\x08ab \t\n\r\x0b\u2028\u200b\u200d\u202e\ufe0f\U000e0041é",
    max_size=40,
)


@given(UGLY)
def test_the_parts_between_breaks_come_out_as_each_does_by_itself(text: str) -> None:
    """What is cut into lines or at tabs before it is shown looks the same as what is not."""
    text = text.rstrip("\r\n")
    assert inert(text) == " ".join(map(inert, BREAKS.split(text)))
    assert inert_lines(text) == [line for line in map(inert, text.split("\n")) if line]


@given(UGLY)
def test_what_is_read_has_nothing_invisible_in_it_and_is_what_is_shown(text: str) -> None:
    read = list(readings(text))
    assert all(is_as_seen(BREAKS.sub("", each)) for each in read)
    assert len(read) == len(set(read))
    spelled = str.maketrans("", "", "\u200d\ufe0f")
    text = text.rstrip("\r\n")
    assert BREAKS.sub(" ", next(iter(readings(text)))) == inert(text).translate(spelled)


@given(UGLY)
def test_a_text_that_is_as_it_is_seen_is_read_in_no_other_way(text: str) -> None:
    if is_as_seen(text):
        assert list(readings(text)) == [text]
        assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[1;31mred\x1b[K\x1b[0m", "red"),
        ("a\tb\r\n", "a\tb\r\n"),
        ("\x1b[38:2::1:2:3mä\x1b[m", "ä"),
        ("\x1b[2Jcleared", None),
        ("a\u200bb", None),
        ("\x1b[0ma\rb", None),
        ("\x1b[3\x1b[0m1m", None),
    ],
)
def test_colours_go_where_nothing_else_is_invisible(text: str, plain: str | None) -> None:
    assert without_colours(text) == plain


@given(st.text("\x1b[31;mKa\t\r\x9b\x07]é", max_size=30))
def test_a_text_without_its_colours_is_what_is_read_first(text: str) -> None:
    assert without_colours(text) in {None, next(iter(readings(text)))}
