"""The root of deploy.yml."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, Tag

from backstaff.config.models.boot import Percent
from backstaff.config.models.numbers import (
    Count,
    OptionalSeconds,
    WholeSeconds,
    as_count,
    as_percentage,
    digits_of,
)
from backstaff.config.models.output import HookVerbosity
from backstaff.config.models.settings import BackstaffSettings
from backstaff.config.models.values import (
    Flag,
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
from backstaff.config.schema.accessories import Accessories
from backstaff.config.schema.aliases import Aliases
from backstaff.config.schema.builder import BuilderSection
from backstaff.config.schema.connection import SshKitSection, SshSection
from backstaff.config.schema.containers import Env, LoggingSection
from backstaff.config.schema.names import ImageName, KeyedTexts
from backstaff.config.schema.proxy import ProxySection, RootProxy
from backstaff.config.schema.registry import RegistrySection
from backstaff.config.schema.servers import Servers
from backstaff.config.schema.shapes import BY_SHAPE, MAP, TEXT, expecting

_SERVICE = re.compile(r"[a-z0-9_-]+", re.IGNORECASE | re.ASCII)
_PERCENT = re.compile(r"(\d+)%")
_LONGEST_VERSION = 100
_VERSION = re.compile(r"\d+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+)?")


def _service(value: object) -> str:
    name = as_text(value)
    if not _SERVICE.fullmatch(name):
        raise refuse("should be letters, digits, hyphens and underscores only")
    if not name[0].isalnum():
        raise refuse("should begin with a letter or a digit: Docker takes no other names")
    return name


def _verbosity(value: object) -> HookVerbosity:
    if isinstance(value, str) and value in list(HookVerbosity):
        return HookVerbosity(value)
    raise refuse("should be quiet or verbose")


def _limit(value: object) -> int | Percent:
    if isinstance(value, str):
        if match := _PERCENT.fullmatch(value):
            return Percent(as_percentage(match[1]))
        if not value.isdecimal():
            raise wrong_kind('a number of hosts or a percentage such as "25%"', value)
        return as_count(digits_of(value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_kind('a number of hosts or a percentage such as "25%"', value)
    return as_count(value)


def _minimum_version(value: object) -> str:
    text = as_text(value)
    if len(text) > _LONGEST_VERSION or not _VERSION.fullmatch(text):
        raise refuse("is not a version number")
    return text


class BootSection(Section):
    """`boot`."""

    limit: Annotated[int | Percent | None, BeforeValidator(_limit)] = None
    wait: OptionalSeconds = None
    parallel_roles: Flag = False


class FileOutputSection(Section):
    """`output/file`."""

    path: Name


class OtelOutputSection(Section):
    """`output/otel`."""

    endpoint: Name


class OutputSection(Section):
    """`output`."""

    file: Annotated[FileOutputSection | None, expecting("a mapping", MAP)] = None
    otel: Annotated[OtelOutputSection | None, expecting("a mapping", MAP)] = None


_Verbosity = Annotated[HookVerbosity, BeforeValidator(_verbosity)]


class DeployFile(Section):
    """Every key of deploy.yml. Which of them are required is checked with the rules that span keys."""

    service: Annotated[str | None, BeforeValidator(_service)] = None
    image: Annotated[str | None, ImageName.__metadata__[0], Name.__metadata__[0]] = None
    labels: KeyedTexts = Field(default_factory=dict)
    volumes: TextList = ()
    registry: Annotated[RegistrySection | None, expecting("a mapping", MAP)] = None
    servers: Servers | None = None
    env: Env = Field(default_factory=dict)
    asset_path: OptionalText = None
    hooks_path: Text = ".kamal/hooks"
    hooks_output: Annotated[
        Annotated[_Verbosity, Tag(TEXT)] | Annotated[dict[Text, _Verbosity], Tag(MAP)],
        BY_SHAPE,
        expecting("quiet, verbose or a mapping of hooks", TEXT, MAP),
    ] = Field(default_factory=dict)
    secrets_path: Text = ".kamal/secrets"
    error_pages_path: OptionalText = None
    require_destination: Flag = False
    primary_role: Text = "web"
    allow_empty_roles: Flag = False
    retain_containers: Count = 5
    minimum_version: Annotated[str | None, BeforeValidator(_minimum_version)] = None
    readiness_delay: WholeSeconds = 7
    deploy_timeout: WholeSeconds = 30
    drain_timeout: WholeSeconds = 30
    stop_timeout: OptionalSeconds = None
    run_directory: OptionalText = None
    ssh: Annotated[SshSection, expecting("a mapping", MAP)] = SshSection()
    sshkit: Annotated[SshKitSection, expecting("a mapping", MAP)] = SshKitSection()
    boot: Annotated[BootSection, expecting("a mapping", MAP)] = BootSection()
    builder: Annotated[BuilderSection, expecting("a mapping", MAP)] = BuilderSection()
    accessories: Accessories = Field(default_factory=dict)
    proxy: RootProxy = ProxySection()
    logging: Annotated[LoggingSection, expecting("a mapping", MAP)] = LoggingSection()
    output: Annotated[OutputSection, expecting("a mapping", MAP)] = OutputSection()
    aliases: Aliases = Field(default_factory=dict)
    backstaff: Annotated[BackstaffSettings, BeforeValidator(as_mapping)] = Field(
        default_factory=BackstaffSettings, alias="x-backstaff"
    )
