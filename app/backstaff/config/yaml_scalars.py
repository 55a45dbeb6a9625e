"""Plain YAML scalars as Ruby's Psych reads them, which differs from PyYAML in small, costly ways.

Psych, unlike YAML 1.2, turns `no` into false, `012` into 10 and `22:22` into 80520 (hours and minutes in
seconds); unlike PyYAML it keeps `y` and `08` as texts and reads `:verbose` as a symbol.
"""

import re
from datetime import date

from backstaff.config.models.values import Scalar

ScalarValue = Scalar | date | None

LONGEST_NUMBER = 1000
"""Characters of a whole number. Python turns no more than some thousand digits into a number, or back."""

_LETTERS_FIRST = re.compile(r"[^\d.:-]?[^\W\d]|[^\d.:-]?[\s!@#$%^&*(){}<>|/\\~;=]")
_TIME = re.compile(
    r"-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)", re.ASCII)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}")
_BASE_60_FLOAT = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?")
_INTEGER = re.compile(
    r"[-+]?0b[01_,]+|[-+]?0[0-7_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-fA-F_,]+"
)
_LONGEST_WORD = 5
_WORDS: dict[str, bool | None] = {
    "yes": True,
    "true": True,
    "on": True,
    "no": False,
    "false": False,
    "off": False,
    "null": None,
    "~": None,
}
_SPECIAL_FLOATS = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}


class NumberTooLong(Exception):
    """A whole number is written with more digits than anything can be meant with."""


def read_scalar(text: str) -> ScalarValue:
    """The value of an unquoted scalar. Dates and times come back as dates, which no key accepts.

    Raises NumberTooLong.
    """
    if not text:
        return None
    if _LETTERS_FIRST.match(text) or "\n" in text:
        return _read_word(text)
    if _TIME.fullmatch(text) or _DATE.fullmatch(text):
        return _read_date(text)
    if special := _SPECIAL_FLOATS.get(text.lower()):
        return float(special)
    if len(text) > 1 and text.startswith(":"):
        return _read_symbol(text)
    if is_base_60(text):
        return _read_base_60(text)
    return _read_number(text)


def is_base_60(text: str) -> bool:
    """Whether an unquoted scalar such as `22:22` is taken for hours and minutes."""
    return bool(_BASE_60.fullmatch(text) or _BASE_60_FLOAT.fullmatch(text))


def _read_word(text: str) -> ScalarValue:
    if len(text) > _LONGEST_WORD:
        return text
    return _WORDS.get(text.lower(), text)


def _read_date(text: str) -> ScalarValue:
    year, month, day = re.split(r"[-Tt\s]", text.lstrip("-"))[:3]
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return text


def _read_symbol(text: str) -> str:
    name = text[1:]
    if name[0] in "\"'" and name.endswith(name[0]) and len(name) > 1:
        return name[1:-1]
    return name


def _read_base_60(text: str) -> int | float:
    _refuse_if_long(text)
    total: int | float = 0
    for index, part in enumerate(text.replace("_", "").split(":")):
        number = float(part) if "." in text else int(part)
        total += number * (60 if index == 1 else 3600 if index == 0 else 1)
    return total


def _read_number(text: str) -> ScalarValue:
    digits = text.replace("_", "").replace(",", "")
    try:
        if _FLOAT.fullmatch(text):
            return float(digits)
        if _INTEGER.fullmatch(text):
            _refuse_if_long(text)
            return _read_integer(digits)
    except ValueError:
        return text
    return text


def _refuse_if_long(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise NumberTooLong(f"a number has more than {LONGEST_NUMBER} digits; quote it to have it as a text")


def _read_integer(digits: str) -> int:
    sign = -1 if digits.startswith("-") else 1
    body = digits.lstrip("+-")
    if body.startswith(("0b", "0x")):
        return sign * int(body, 0)
    if len(body) > 1 and body.startswith("0"):
        return sign * int(body, 8)
    return sign * int(body)
