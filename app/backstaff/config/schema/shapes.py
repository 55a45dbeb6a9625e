"""Keys that may hold values of several kinds, without the noise of pydantic's unions in error places."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, BeforeValidator, Discriminator

from backstaff.config.models.values import wrong_kind

TEXT = "<text>"
LIST = "<list>"
MAP = "<map>"
FLAG = "<flag>"


def shape_of(value: object) -> str | None:
    """The kind of a value, as the tag that its union member carries."""
    match value:
        case bool():
            return FLAG
        case str() | int() | float():
            return TEXT
        case list() | tuple():
            return LIST
        case Mapping() | BaseModel():
            return MAP
        case _:
            return None


def shape_with_flag_as_text(value: object) -> str | None:
    """As `shape_of`, for keys where a boolean counts as its text."""
    shape = shape_of(value)
    return TEXT if shape == FLAG else shape


BY_SHAPE = Discriminator(shape_with_flag_as_text)
BY_SHAPE_OR_FLAG = Discriminator(shape_of)


def expecting(expected: str, *shapes: str) -> BeforeValidator:
    """Refuses values of other shapes with an error that says what was expected and what was found."""
    return BeforeValidator(_checker(expected, frozenset(shapes)))


def _checker(expected: str, shapes: frozenset[str]) -> Callable[[Any], Any]:
    def check(value: object) -> object:
        shape = shape_of(value) if FLAG in shapes else shape_with_flag_as_text(value)
        if shape not in shapes:
            raise wrong_kind(expected, value)
        return value

    return check
