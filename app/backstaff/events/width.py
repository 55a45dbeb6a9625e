"""How many columns text takes on a terminal, which is not how many characters it has."""

import unicodedata

_WIDE = {"W", "F"}
_NO_WIDTH = {"Mn", "Me", "Cf"}


def columns(text: str) -> int:
    """The columns that inert text takes: two for wide characters such as 漢, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def padded(text: str, width: int) -> str:
    """`text` with spaces behind it up to `width` columns; longer text stays as it is."""
    return text + " " * (width - columns(text))


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
