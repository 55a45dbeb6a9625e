"""Unquoted scalars mean what Ruby's Psych takes them for."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config.models.values import ruby_text
from backstaff.config.yaml_scalars import ScalarValue, read_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("Null", None),
        ("yes", True),
        ("On", True),
        ("no", False),
        ("oFF", False),
        ("y", "y"),
        ("n", "n"),
        ("nope", "nope"),
        ("12", 12),
        ("+12", 12),
        ("-12", -12),
        ("012", 10),
        ("08", "08"),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", "0o17"),
        ("1_000", 1000),
        ("1,000", 1000),
        ("1__0", "1__0"),
        ("22:22", 80520),
        ("1:30:15", 5415),
        ("3306:3306", "3306:3306"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        (".", "."),
        ("1e3", "1e3"),
        ("1.0e+3", 1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("2024-01-31", date(2024, 1, 31)),
        ("2024-01-31 10:20:30", date(2024, 1, 31)),
        ("2024-13-31", "2024-13-31"),
        ("2024-02-31", "2024-02-31"),
        (":verbose", "verbose"),
        (':"a b"', "a b"),
        (":", ":"),
        ("25%", "25%"),
        ("app", "app"),
        ("truely", "truely"),
    ],
)
def test_scalar(text: str, value: ScalarValue) -> None:
    read = read_scalar(text)
    assert (type(read), read) == (type(value), value)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_read(text: str) -> None:
    assert read_scalar(text) is None or isinstance(read_scalar(text), str | int | float | date)


@settings(deadline=None)
@given(st.integers())
def test_integers_come_back(number: int) -> None:
    assert read_scalar(str(number)) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.0"), (1e20, "1.0e+20"), (1e-05, "1.0e-05"), (2.5e30, "2.5e+30"), (True, "true"), (7, "7")],
)
def test_numbers_turn_into_text_as_in_ruby(value: float, text: str) -> None:
    assert ruby_text(value) == text
