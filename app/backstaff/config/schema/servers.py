"""`servers`: hosts, host tags, and the settings of roles."""

from typing import Annotated

from pydantic import BeforeValidator, Field, Tag

from backstaff.config.host_address import parse_host
from backstaff.config.models.numbers import OptionalSeconds
from backstaff.config.models.values import (
    Name,
    OptionalText,
    Section,
    as_list,
    as_text,
    refuse,
)
from backstaff.config.schema.containers import ContainerOptions, Env, Labels, LoggingSection, no_options
from backstaff.config.schema.names import RoleName
from backstaff.config.schema.proxy import RoleProxy
from backstaff.config.schema.shapes import BY_SHAPE, LIST, MAP, TEXT, expecting


def as_host(value: object) -> str:
    """A host string, kept as written once it is known to parse."""
    text = as_text(value)
    try:
        parse_host(text)
    except ValueError as error:
        raise refuse(str(error)) from error
    return text


def _one_pair(value: object) -> object:
    if isinstance(value, dict) and len(value) != 1:
        raise refuse("should be one host with its tags; start a list item for each host")
    return value


Host = Annotated[str, BeforeValidator(as_host)]

_Tags = Annotated[
    Annotated[Name, Tag(TEXT)] | Annotated[tuple[Name, ...], Tag(LIST)],
    BY_SHAPE,
    expecting("a tag or a list of tags", TEXT, LIST),
]

HostEntry = Annotated[
    Annotated[Host, Tag(TEXT)] | Annotated[dict[Host, _Tags], Tag(MAP)],
    BY_SHAPE,
    BeforeValidator(_one_pair),
    expecting("a host or a host with tags", TEXT, MAP),
]

HostList = Annotated[tuple[HostEntry, ...], BeforeValidator(as_list)]


class RoleSection(Section):
    """A role with settings of its own."""

    hosts: HostList = ()
    cmd: OptionalText = None
    stop_timeout: OptionalSeconds = None
    options: ContainerOptions = no_options()
    logging: Annotated[LoggingSection, expecting("a mapping", MAP)] = LoggingSection()
    proxy: RoleProxy | None = None
    labels: Labels = Field(default_factory=dict)
    env: Env = Field(default_factory=dict)
    asset_path: OptionalText = None


RoleEntry = Annotated[
    Annotated[HostList, Tag(LIST)] | Annotated[RoleSection, Tag(MAP)],
    BY_SHAPE,
    expecting("a list of hosts or a mapping", LIST, MAP),
]

Servers = Annotated[
    Annotated[HostList, Tag(LIST)] | Annotated[dict[RoleName, RoleEntry], Tag(MAP)],
    BY_SHAPE,
    expecting("a list of hosts or a mapping of roles", LIST, MAP),
]
