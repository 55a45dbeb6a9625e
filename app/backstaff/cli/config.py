"""`backstaff config`."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath

import click
import yaml
from pydantic import BaseModel

from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.process import run_and_exit
from backstaff.cli.project import Project, open_project
from backstaff.cli.standard_output import StandardOutput
from backstaff.config.credentials import SecretName, SecretValue
from backstaff.config.models import Config
from backstaff.config.version import resolve_version
from backstaff.errors import ExitCode, UsageError
from backstaff.events.inert import inert

_LEFT_OUT = {"sources", "files", "warnings", "root_env"}


@click.command()
@common_options
def config(common: CommonOptions) -> None:
    """Show the configuration as it is understood: merged, with defaults, and secrets masked."""
    run_and_exit(lambda: _config(common))


async def _config(common: CommonOptions) -> ExitCode:
    project = open_project(common)
    told = {**await _summary(common, project), "config": _shown(project.config)}
    output = StandardOutput()
    if common.json:
        output.record(told)
    else:
        for line in _yaml(told).split("\n"):
            output.line(line)
    return ExitCode.DONE


def _yaml(told: Mapping[str, object]) -> str:
    """As YAML that a terminal can only print. Where something in it would hide or reorder text, all that is
    not ASCII is escaped: what is shown has to be what the file says."""
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True).rstrip("\n")
    if all(inert(line) == line for line in text.split("\n")):
        return text
    return yaml.safe_dump(told, sort_keys=False).rstrip("\n")


async def _summary(common: CommonOptions, project: Project) -> dict[str, object]:
    """What is worked out rather than written: files, selection, version."""
    selection = project.selection
    summary: dict[str, object] = {
        "files": [str(file) for file in project.config.files],
        "hosts": list(selection.hosts),
        "roles": list(selection.roles),
        "primary_host": selection.primary_host,
        "lock_host": selection.lock_host,
        "repository": project.config.repository,
    }
    try:
        version = await resolve_version(
            project.config, common.version, environ=project.environ, cwd=project.directory
        )
    except UsageError as error:
        return {**summary, "version": None, "version_unknown_because": error.what}
    return {**summary, "version": version, "absolute_image": project.config.absolute_image(version)}


def _shown(config: Config) -> dict[str, object]:
    """The configuration. The name of the registry's account is masked only if it is a secret of its own."""
    shown = _mapping({each.name: getattr(config, each.name) for each in fields(config)})
    registry = shown.get("registry")
    if isinstance(registry, dict) and isinstance(config.registry.username, SecretValue):
        shown["registry"] = {**registry, "username": config.registry.username.reveal()}
    return shown


def plain(value: object) -> object:
    """The value as mappings, lists and scalars. Secrets become masks, what is unset is left out."""
    match value:
        case SecretValue():
            return "[REDACTED]"
        case SecretName(name=name):
            return f"(secret {name})"
        case Enum():
            return plain(value.value)
        case BaseModel():
            return _mapping({name: getattr(value, name) for name in type(value).model_fields})
        case Mapping():
            return _mapping(value)
        case PurePath():
            return str(value)
        case tuple() if hasattr(value, "_asdict"):
            return _mapping(value._asdict())
        case tuple() | list() | frozenset() | set():
            return [plain(item) for item in value]
        case None | bool() | int() | float() | str():
            return value
    if is_dataclass(value):
        return _mapping({each.name: getattr(value, each.name) for each in fields(value)})
    raise TypeError(f"{type(value).__name__} has no plain form")


def _mapping(values: Mapping[object, object]) -> dict[str, object]:
    shown = {str(key): plain(item) for key, item in values.items() if str(key) not in _LEFT_OUT}
    return {key: item for key, item in shown.items() if item is not None and item not in ([], {})}
