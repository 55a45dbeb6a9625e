"""Comparing version numbers as RubyGems does, for `minimum_version`."""

import re
from itertools import zip_longest

SUPPORTED_KAMAL = "2.12.0"
"""The Kamal release whose configuration and server state are followed."""

_PIECE = re.compile(r"\d+|[a-zA-Z]+")


def newer(version: str, than: str) -> bool:
    """Whether `version` is newer; letters mark pre-releases, which come before their release."""
    for left, right in zip_longest(_pieces(version), _pieces(than), fillvalue=(1, 0, "")):
        if left != right:
            return left > right
    return False


def _pieces(version: str) -> list[tuple[int, int, str]]:
    pieces = _PIECE.findall(version.replace("-", ".pre."))
    return [(1, int(piece), "") if piece.isdigit() else (0, 0, piece) for piece in pieces]
