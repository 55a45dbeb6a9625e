"""Secrets files are split as Ruby's dotenv splits them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config.secrets.dotenv import DotenvEntry, DotenvExport, Quote, SkippedLine, parse_dotenv

FILE = Path("secrets")


def entries(text: str) -> list[tuple[str, str, Quote]]:
    found = parse_dotenv(FILE, text)
    return [(item.key, item.text, item.quote) for item in found if isinstance(item, DotenvEntry)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", [("A", "1", Quote.NONE)]),
        ("A = 1 ", [("A", "1", Quote.NONE)]),
        ("export A=1", [("A", "1", Quote.NONE)]),
        ("  export   A=1", [("A", "1", Quote.NONE)]),
        ("A: 1", [("A", "1", Quote.NONE)]),
        ("A.B_2=1", [("A.B_2", "1", Quote.NONE)]),
        ("A=", [("A", "", Quote.NONE)]),
        ("A", [("A", "", Quote.NONE)]),
        ("A=a b c", [("A", "a b c", Quote.NONE)]),
        ("A=a # note", [("A", "a", Quote.NONE)]),
        ("A=a#b", [("A", "a", Quote.NONE)]),
        ("# A=1", []),
        ("A='a # b'", [("A", "a # b", Quote.SINGLE)]),
        ('A="a # b" # note', [("A", "a # b", Quote.DOUBLE)]),
        ("A='a\nb'\nB=2", [("A", "a\nb", Quote.SINGLE), ("B", "2", Quote.NONE)]),
        ('A="a\nb"', [("A", "a\nb", Quote.DOUBLE)]),
        (r'A="a \"b\" c"', [("A", r"a \"b\" c", Quote.DOUBLE)]),
        ('A="open\nB=2', [("A", '"open', Quote.NONE), ("B", "2", Quote.NONE)]),
        ("A=1\r\nB=2\rC=3", [("A", "1", Quote.NONE), ("B", "2", Quote.NONE), ("C", "3", Quote.NONE)]),
        ("A=$(op read op://v/i)", [("A", "$(op read op://v/i)", Quote.NONE)]),
        ("A=a=b==", [("A", "a=b==", Quote.NONE)]),
        ("A=1\nA=2", [("A", "1", Quote.NONE), ("A", "2", Quote.NONE)]),
    ],
)
def test_lines(text: str, expected: list[tuple[str, str, Quote]]) -> None:
    assert entries(text) == expected


def test_an_export_without_value_is_kept_apart() -> None:
    items = parse_dotenv(FILE, "A=1\nexport A\n")
    assert [type(item) for item in items] == [DotenvEntry, DotenvExport]


def test_lines_that_are_no_assignment_are_located() -> None:
    items = parse_dotenv(FILE, "A=1\n\n  MY-KEY=2\n# fine\nB=3\n")
    assert [str(item.position) for item in items if isinstance(item, SkippedLine)] == ["secrets:3:3"]


def test_each_entry_knows_its_line() -> None:
    items = parse_dotenv(FILE, "# a\nA='x\ny'\n  export B=2\n")
    assert [str(item.position) for item in items] == ["secrets:2:1", "secrets:4:10"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_split(text: str) -> None:
    for item in parse_dotenv(FILE, text):
        assert item.position.line >= 1


_KEYS = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
_PLAIN = st.text(alphabet=st.characters(exclude_characters="'\r\0\\", codec="utf-8"), max_size=20)


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _PLAIN, max_size=5))
def test_single_quoted_values_come_back(values: dict[str, str]) -> None:
    text = "\n".join(f"{key}='{value}'" for key, value in values.items())
    assert {key: value for key, value, _ in entries(text)} == values
