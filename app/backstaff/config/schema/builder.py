"""`builder`."""

from typing import Annotated

from pydantic import BeforeValidator, Field, Tag

from backstaff.config.models.builder import DEFAULT_DRIVER, CacheType
from backstaff.config.models.values import (
    Flag,
    Name,
    OptionalText,
    Section,
    Text,
    TextList,
    as_list,
    as_mapping,
    as_text,
    refuse,
)
from backstaff.config.schema.shapes import BY_SHAPE, LIST, MAP, TEXT, expecting


def _cache_type(value: object) -> CacheType:
    text = as_text(value)
    if text not in list(CacheType):
        raise refuse("should be gha or registry")
    return CacheType(text)


def _build_argument(value: object) -> str | None:
    return None if value is None else as_text(value)


class CacheSection(Section):
    """`builder/cache`."""

    type: Annotated[CacheType, BeforeValidator(_cache_type)]
    options: OptionalText = None
    image: OptionalText = None


class PackSection(Section):
    """`builder/pack`."""

    builder: Name
    buildpacks: TextList = ()


class BuilderSection(Section):
    """The `builder` section as written."""

    arch: Annotated[
        Annotated[Name, Tag(TEXT)] | Annotated[tuple[Name, ...], BeforeValidator(as_list), Tag(LIST)],
        BY_SHAPE,
        expecting("an architecture or a list of them", TEXT, LIST),
    ] = ()
    driver: Text = DEFAULT_DRIVER
    remote: OptionalText = None
    local: Flag = True
    context: OptionalText = None
    dockerfile: Text = "Dockerfile"
    target: OptionalText = None
    args: Annotated[
        dict[Text, Annotated[str | None, BeforeValidator(_build_argument)]], BeforeValidator(as_mapping)
    ] = Field(default_factory=dict)
    secrets: TextList = ()
    ssh: OptionalText = None
    provenance: OptionalText = None
    sbom: OptionalText = None
    cache: Annotated[CacheSection | None, expecting("a mapping", MAP)] = None
    pack: Annotated[PackSection | None, expecting("a mapping", MAP)] = None
