"""`accessories`."""

from typing import Annotated

from pydantic import BeforeValidator, Field, Tag

from backstaff.config.models.accessory import DEFAULT_NETWORK
from backstaff.config.models.values import (
    Name,
    OptionalText,
    OptionalTextList,
    Section,
    Text,
    TextList,
    as_list,
    as_text,
    refuse,
)
from backstaff.config.schema.containers import ContainerOptions, Env, Labels, no_options
from backstaff.config.schema.proxy import RoleProxy
from backstaff.config.schema.registry import RegistrySection
from backstaff.config.schema.servers import Host, as_host
from backstaff.config.schema.shapes import BY_SHAPE, MAP, TEXT, expecting


class PathSection(Section):
    """One entry of `files` or `directories`, spelled out."""

    local: Name
    remote: Name
    mode: OptionalText = None
    owner: OptionalText = None
    options: OptionalText = None


def _path_text(value: object) -> str:
    text = as_text(value)
    local, _, remote = text.partition(":")
    if not local or not remote.partition(":")[0]:
        raise refuse("should be local:remote or local:remote:options")
    return text


PathEntry = Annotated[
    Annotated[str, BeforeValidator(_path_text), Tag(TEXT)] | Annotated[PathSection, Tag(MAP)],
    BY_SHAPE,
    expecting("local:remote or a mapping", TEXT, MAP),
]

PathList = Annotated[tuple[PathEntry, ...], BeforeValidator(as_list)]


class AccessorySection(Section):
    """One accessory as written."""

    service: OptionalText = None
    image: OptionalText = None
    registry: Annotated[RegistrySection | None, expecting("a mapping", MAP)] = None
    host: Annotated[str | None, BeforeValidator(as_host)] = None
    hosts: Annotated[tuple[Host, ...] | None, BeforeValidator(as_list)] = None
    role: OptionalText = None
    roles: OptionalTextList = None
    tag: OptionalText = None
    tags: OptionalTextList = None
    cmd: OptionalText = None
    port: OptionalText = None
    labels: Labels = Field(default_factory=dict)
    options: ContainerOptions = no_options()
    env: Env = Field(default_factory=dict)
    files: PathList = ()
    directories: PathList = ()
    volumes: TextList = ()
    network: Text = DEFAULT_NETWORK
    proxy: RoleProxy | None = None


Accessories = Annotated[
    dict[Text, Annotated[AccessorySection, expecting("a mapping", MAP)]], expecting("a mapping", MAP)
]
