"""Names that become parts of container names, flags and environments: what can not work there is refused.

Values may hold anything, as they are quoted; these are the places where nothing but a plain name is of use.
"""

import re
from typing import Annotated

from pydantic import BeforeValidator

from backstaff.config.models.values import Text, as_mapping, as_text, refuse

_PART_OF_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_FLAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_NOT_IN_KEYS = re.compile(r"[=\s\x00-\x1f\x7f]")


def is_part_of_name(text: str) -> bool:
    """Whether a text may stand in the name of a container."""
    return _PART_OF_NAME.fullmatch(text) is not None


def _role(value: object) -> str:
    name = as_text(value)
    if not is_part_of_name(name):
        raise refuse("should be letters, digits, dots, hyphens and underscores: containers are named by it")
    return name


def checked_key(value: object) -> str:
    """A name for a variable, a label or a logging option."""
    name = as_text(value)
    if not name or _NOT_IN_KEYS.search(name):
        raise refuse("is not a name: it is empty, or has a space or an equals sign in it")
    return name


def checked_flag(value: object) -> str:
    """The name of a flag of docker."""
    name = as_text(value)
    if not _FLAG.fullmatch(name):
        raise refuse(f"{name or 'an empty name'} is no option of docker; they are written without dashes")
    return name


def checked_image(value: object) -> str:
    """The name of an image or a registry, or a part of one."""
    name = as_text(value)
    if not _IMAGE.fullmatch(name):
        raise refuse("has a character in it that no name of an image or registry can have")
    return name


RoleName = Annotated[str, BeforeValidator(_role)]
"""The name of a role."""

Key = Annotated[str, BeforeValidator(checked_key)]
"""The name of an environment variable, a label or a logging option."""

FlagName = Annotated[str, BeforeValidator(checked_flag)]
"""The name of a flag, without its dashes."""

ImageName = Annotated[str, BeforeValidator(checked_image)]
"""The name of an image or a registry, or a part of one."""

KeyedTexts = Annotated[dict[Key, Text], BeforeValidator(as_mapping)]
"""Texts by the names of variables, labels or logging options."""
