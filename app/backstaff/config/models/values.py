"""Field types of deploy.yml, as lenient as Kamal's and no more, with errors that say what was found."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

Scalar = str | int | float | bool


def kind_of(value: object) -> str:
    """What a value read from YAML is, in an operator's words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a mapping"
        case _:
            return "a date"


def wrong_kind(expected: str, value: object) -> PydanticCustomError:
    """The error for a value of another kind than `expected` (such as "a string")."""
    if value is None:
        return PydanticCustomError("wrong_kind", "{text}", {"text": f"is empty but should be {expected}"})
    text = f"should be {expected}, not {kind_of(value)}"
    return PydanticCustomError("wrong_kind", "{text}", {"text": text})


def refuse(text: str) -> PydanticCustomError:
    """An error of our own for the value being validated."""
    return PydanticCustomError("refused", "{text}", {"text": text})


def ruby_text(value: Scalar) -> str:
    """A scalar as Ruby prints it, which is how Kamal passes numbers and booleans on."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _ruby_float(value)
    return str(value)


def _ruby_float(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    digits = repr(value)
    if "e" in digits:
        mantissa, exponent = digits.split("e")
        mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
        return f"{mantissa}e{int(exponent):+03d}"
    return digits


def as_text(value: object) -> str:
    """Kamal's "string": a string, number or boolean; numbers and booleans turn into Ruby's text for them."""
    if not isinstance(value, str | int | float):
        raise wrong_kind("a string", value)
    text = ruby_text(value)
    if "\0" in text:
        raise refuse("has a NUL character in it, which no command, file name or variable can hold")
    return text


def as_name(value: object) -> str:
    """A text that must not be blank."""
    text = as_text(value)
    if not text.strip():
        raise refuse("is empty")
    return text


def as_flag(value: object) -> bool:
    """A boolean; texts such as "true" are not converted."""
    if not isinstance(value, bool):
        raise wrong_kind("true or false", value)
    return value


def as_list(value: object) -> list[object]:
    """A list, its items still unchecked."""
    if not isinstance(value, list | tuple):
        raise wrong_kind("a list", value)
    return list(value)


def as_mapping(value: object) -> object:
    """A mapping, its items still unchecked; models already built pass."""
    if not isinstance(value, Mapping | BaseModel):
        raise wrong_kind("a mapping", value)
    return value


Text = Annotated[str, BeforeValidator(as_text)]
OptionalText = Annotated[str | None, BeforeValidator(as_text)]
Name = Annotated[str, BeforeValidator(as_name)]
Flag = Annotated[bool, BeforeValidator(as_flag)]
OptionalFlag = Annotated[bool | None, BeforeValidator(as_flag)]
TextList = Annotated[tuple[Text, ...], BeforeValidator(as_list)]
OptionalTextList = Annotated[tuple[Text, ...] | None, BeforeValidator(as_list)]

NO_TEXTS: Mapping[str, str] = MappingProxyType({})


class Section(BaseModel):
    """A mapping of deploy.yml: unknown keys are errors, instances are immutable."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True, populate_by_name=True)
