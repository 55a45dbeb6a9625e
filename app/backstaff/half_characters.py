"""Halves of characters, which a text can hold here and nowhere else: no file, host or screen takes them.

YAML's escapes make them, as in `"\\ud83d"`, which is the first half of a pair. Python makes them of bytes in
arguments and in the environment that are not UTF-8.
"""

import re

HALVES = "\ud800-\udfff"
"""All of them, as they stand in a class of an expression."""
_HALF = re.compile(f"[{HALVES}]")
_BYTES_FROM = 0xDC00


def half_in(text: str) -> str:
    """What is wrong with a text from a file that holds a half, and how to mend it; empty if it holds none."""
    code = _first_half(text)
    if code is None:
        return ""
    half = f"\\u{code:04x}"
    return f"has half a character in it, {half}: write the whole character, or \\U and its eight digits"


def byte_in(text: str) -> str:
    """What is wrong with a text of this process, such as an argument, that is not UTF-8; empty if it is."""
    code = _first_half(text)
    if code is None:
        return ""
    return f"is not UTF-8 text: it has the byte 0x{code - _BYTES_FROM & 0xFF:02x} in it"


def without_halves(text: str) -> str:
    """The text with a `?` for each half."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _first_half(text: str) -> int | None:
    found = None if text.isascii() else _HALF.search(text)
    return ord(found[0]) if found else None
