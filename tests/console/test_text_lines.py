"""Text laid out for a width: by the cells that it takes, not by its characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_text import cells
from backstaff.console.text_lines import LEAST_TEXT, hanging, wrapped


def shown(label: str, text: str, width: int) -> list[str]:
    return [line.plain for line in hanging(label, text, width, "")]


def test_text_is_wrapped_under_its_own_beginning() -> None:
    assert shown("fix  ", "look at the log of the container", 24) == [
        "fix  look at the log of",
        "     the container",
    ]


def test_wide_characters_take_two_cells() -> None:
    assert wrapped("数据库 连接失败 请检查 网络配置", 16) == ["数据库 连接失败", "请检查 网络配置"]


@pytest.mark.parametrize(("text", "rows"), [("漢" * 20, [8, 8, 4]), ("🚀" * 9, [8, 1]), ("x漢" * 8, [11, 5])])
def test_what_has_no_blanks_is_broken_at_a_cell_and_never_inside_of_a_character(
    text: str, rows: list[int]
) -> None:
    found = wrapped(text, 16)
    assert [len(row) for row in found] == rows
    assert "".join(found) == text


def test_a_word_too_long_for_any_row_begins_where_the_last_one_ends() -> None:
    assert wrapped("id " + "0123456789" * 2, 16) == ["id 0123456789012", "3456789"]


def test_a_combining_character_stays_with_its_letter() -> None:
    assert wrapped("e\u0301" * 20, 16) == ["e\u0301" * 16, "e\u0301" * 4]


def test_the_label_may_be_wide_too() -> None:
    first, second = shown("主机  ", "一二三四五六七八 九", 24)
    assert cells(first.partition("一")[0]) == cells(second) - 2 == 6


def test_a_number_is_not_torn_from_its_unit() -> None:
    assert wrapped("refused 20 times in 20 s.", 22) == ["refused 20 times in", "20 s."]


def test_text_is_never_squeezed_to_nothing() -> None:
    assert all(cells(row) <= 9 + LEAST_TEXT for row in shown("evidence ", "word " * 20, 10))


@pytest.mark.parametrize("text", ["", "   ", "one"])
def test_there_is_a_row_at_least(text: str) -> None:
    assert wrapped(text, 16) == [text] or wrapped(text, 16) == [""]


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])),
    st.integers(2, 40),
)
def test_no_row_is_wider_than_it_may_be_and_nothing_but_blanks_is_lost(text: str, width: int) -> None:
    rows = wrapped(text, width)
    assert all(cells(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())
