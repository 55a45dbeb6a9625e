import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backstaff.console.line_text import LONGEST_TEXT, cells, fitted, fold, shown_text, window

LINES = st.text(alphabet=st.sampled_from("ab 漢字é\u0301🚀ｱ\u0903-"), max_size=60)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain [bold]text[/]", "plain [bold]text[/]"),
        ("\x1b[31mred\x1b[0m\r\n", "red"),
        ("a\tb", "a       b"),
        ("12345678\tb", "12345678        b"),
        ("\x1b[31ma\x1b[0m\tb", "a       b"),
        ("漢\tb", "漢      b"),
        ("two\nlines", "two lines"),
        ("👩\u200d🚀 and ❤\ufe0f", "👩🚀 and ❤"),
    ],
)
def test_outside_text_becomes_one_line_that_can_only_be_printed(raw: str, shown: str) -> None:
    assert shown_text(raw) == shown


def test_of_a_very_long_line_the_beginning_is_kept_and_the_rest_counted() -> None:
    shown = shown_text("x" * 1_000_000)
    assert shown == "x" * LONGEST_TEXT + " … 990,000 more characters"


def test_a_line_of_tabs_does_not_grow_without_bounds() -> None:
    assert len(shown_text("\t" * LONGEST_TEXT)) < LONGEST_TEXT + 50


@given(st.text(max_size=300))
def test_a_shown_text_holds_nothing_that_moves_a_cursor(raw: str) -> None:
    assert not {unicodedata.category(each) for each in shown_text(raw)} & {"Cc", "Cs", "Zl", "Zp"}


@given(LINES)
def test_cells_are_what_rich_measures(text: str) -> None:
    assert cells(text) == cell_len(text)


@given(LINES, st.integers(2, 20))
def test_rows_of_a_wrapped_text_fit_and_lose_nothing(text: str, width: int) -> None:
    starts = fold(text, width)
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert "".join(pieces) == text
    assert all(cells(piece) <= width for piece in pieces)
    # A row ends only where the next character has no room any more.
    for piece, following in pairwise(pieces):
        assert cells(piece) + cells(following[0]) > width


@given(LINES, st.integers(0, 70), st.integers(1, 30))
def test_a_window_shows_what_a_terminal_would_show_of_the_line(text: str, skip: int, width: int) -> None:
    start, end, lead = window(text, skip, width)
    assert lead + cells(text[start:end]) <= width
    if start < end:
        assert cells(text[:start]) == skip + lead
    if end < len(text):
        assert lead + cells(text[start : end + 1]) > width


@given(LINES, st.integers(0, 30))
def test_a_fitted_text_takes_exactly_its_width(text: str, width: int) -> None:
    assert cells(fitted(text, width)) == width
    if cells(text) <= width:
        assert fitted(text, width).rstrip() == text.rstrip()
