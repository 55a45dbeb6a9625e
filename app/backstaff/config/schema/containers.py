"""Parts of deploy.yml that roles and accessories share: labels, options, logging, environment."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Discriminator, Field, Tag

from backstaff.config.models.container import DEFAULT_RESTART_POLICY, OptionValue
from backstaff.config.models.values import (
    Name,
    OptionalText,
    Section,
    Text,
    TextList,
    as_mapping,
    as_text,
    refuse,
    wrong_kind,
)
from backstaff.config.schema.names import FlagName, Key, KeyedTexts, checked_flag, checked_key

_RESTART_POLICY = re.compile(r"no|always|unless-stopped|on-failure(?::\d{1,9})?", re.ASCII)
_RESERVED_LABELS = frozenset({"destination", "role", "service"})
_COMPLEX_ENV_KEYS = frozenset({"clear", "secret", "tags"})


def _label_name(value: object) -> str:
    name = checked_key(value)
    if name in _RESERVED_LABELS:
        raise refuse("is a reserved label, like destination, role and service")
    return name


def _option_value(value: object) -> OptionValue:
    if isinstance(value, list | tuple):
        return tuple(as_text(item) for item in value)
    if value is True:
        return True
    return as_text(value)


def _restart_policy(value: object) -> str:
    if not isinstance(value, str):
        raise wrong_kind('a string (quote "no" to disable restarts)', value)
    if not _RESTART_POLICY.fullmatch(value):
        raise refuse("should be no, always, unless-stopped, on-failure or on-failure:N")
    return value


Labels = Annotated[dict[Annotated[str, BeforeValidator(_label_name)], Text], BeforeValidator(as_mapping)]
"""Labels of a role or accessory; root labels are not checked for reserved names."""

FreeOptions = Annotated[
    dict[FlagName, Annotated[bool | str | tuple[str, ...], BeforeValidator(_option_value)]],
    BeforeValidator(as_mapping),
]
"""`docker run` flags: true for a bare flag, a list to repeat one."""


class _RestartOption(Section):
    """Checks the one option that is not simply handed on."""

    model_config = Section.model_config | {"extra": "allow"}

    restart: Annotated[str, BeforeValidator(_restart_policy)] = DEFAULT_RESTART_POLICY
    __pydantic_extra__: dict[str, Annotated[bool | str | tuple[str, ...], BeforeValidator(_option_value)]]

    def flags(self) -> dict[str, OptionValue]:
        """Every option but `restart`."""
        return dict(self.__pydantic_extra__)


def _option_names(value: object) -> object:
    for name in value if isinstance(value, dict) else ():
        checked_flag(name)
    return as_mapping(value)


ContainerOptions = Annotated[_RestartOption, BeforeValidator(_option_names)]
"""`options` of a role or accessory."""


def no_options() -> _RestartOption:
    """Options that were not written."""
    return _RestartOption()


class LoggingSection(Section):
    """A `logging` section."""

    driver: OptionalText = None
    options: KeyedTexts = Field(default_factory=dict)


def _secret_item(value: object) -> str:
    item = as_text(value)
    name, _, secret = item.partition(":")
    if not name or (":" in item and not secret):
        raise refuse("should be NAME, or NAME:SECRET to take it from a secret of another name")
    checked_key(name)
    return item


SecretList = Annotated[tuple[Annotated[str, BeforeValidator(_secret_item)], ...], TextList.__metadata__[0]]


class LayeredEnv(Section):
    """An environment in the form with `clear`, `secret` and, at the root, `tags`."""

    clear: KeyedTexts = Field(default_factory=dict)
    secret: SecretList = ()
    tags: "Annotated[dict[Name, Env], BeforeValidator(as_mapping)]" = Field(default_factory=dict)


def _env_form(value: object) -> str:
    keys: frozenset[object] = frozenset(value) if isinstance(value, dict) else frozenset()
    return "<layered>" if isinstance(value, LayeredEnv) or keys & _COMPLEX_ENV_KEYS else "<map>"


Env = Annotated[
    Annotated[LayeredEnv, Tag("<layered>")] | Annotated[dict[Key, Text], Tag("<map>")],
    Discriminator(_env_form),
    BeforeValidator(as_mapping),
]
"""An environment: with any of the three keys it is layered, else every pair is a clear value."""

LayeredEnv.model_rebuild()
