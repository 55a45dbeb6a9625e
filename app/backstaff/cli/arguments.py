"""The words of a command line, before any of them is understood."""

from collections.abc import Sequence

from backstaff.errors import UsageError
from backstaff.half_characters import byte_in, without_halves


def refuse_bytes(argv: Sequence[str]) -> None:
    """Raise `UsageError` for an argument that is no text: no host and no journal could be told of it."""
    for argument in argv:
        if byte := byte_in(argument):
            raise UsageError(f"the argument `{without_halves(argument)}` {byte}", fix="write it in UTF-8")
