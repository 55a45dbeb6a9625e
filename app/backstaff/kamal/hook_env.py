"""The environment of hooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from backstaff.config.models import Config
from backstaff.kamal.names import abbreviated_version

HOOKS_WITH_SECRETS = frozenset({"pre-connect", "pre-deploy", "post-deploy"})
"""Hooks that find every secret in their environment."""


@dataclass(frozen=True)
class HookContext:
    """What a hook is told about the run.

    `hosts` are all selected ones or those of the boot group. `roles` only where roles were asked for.
    `command` and `subcommand` as in `app boot`. `runtime_s` after the deploy only. `at` must be aware.
    """

    at: datetime
    performer: str
    version: str
    hosts: tuple[str, ...]
    command: str
    subcommand: str = ""
    roles: tuple[str, ...] = ()
    lock_held: bool = False
    runtime_s: float | None = None


def hook_env(
    config: Config, context: HookContext, secrets: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Variables to add to our own environment for a hook; `secrets` for those that may see them."""
    told = {
        "KAMAL_RECORDED_AT": context.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "KAMAL_PERFORMER": context.performer,
        "KAMAL_DESTINATION": config.destination or "",
        "KAMAL_VERSION": context.version,
        "KAMAL_SERVICE_VERSION": f"{config.service}@{abbreviated_version(context.version)}",
        "KAMAL_SERVICE": config.service,
        "KAMAL_HOSTS": ",".join(context.hosts),
        "KAMAL_ROLES": ",".join(context.roles),
        "KAMAL_LOCK": "true" if context.lock_held else "false",
        "KAMAL_COMMAND": context.command,
        "KAMAL_SUBCOMMAND": context.subcommand,
        "KAMAL_RUNTIME": "" if context.runtime_s is None else str(round(context.runtime_s)),
    }
    return {**(secrets or {}), **{name: value for name, value in told.items() if value}}
