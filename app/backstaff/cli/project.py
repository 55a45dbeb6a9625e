"""Everything that is read on this machine before a host is touched: configuration, selection, secrets."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backstaff.cli.options import CommonOptions
from backstaff.config.commands import CommandUnavailable, run_async
from backstaff.config.credentials import SecretValue
from backstaff.config.loader import load_config
from backstaff.config.models import Config, SecretNeed
from backstaff.config.secrets import SecretCommand, Secrets, resolve_secrets, run_in_shell
from backstaff.engine.performer import Performer
from backstaff.errors import SecretsError, UsageError
from backstaff.explain.words import listed
from backstaff.half_characters import byte_in, without_halves
from backstaff.hosts.connect import load_beside
from backstaff.kamal.error_pages import PATTERNS
from backstaff.plan.selection import Selection, select

_GIT_WITHIN_S = 10.0
_UNKNOWN = "Unknown"


@dataclass(frozen=True)
class Project:
    """A deploy.yml as one command sees it. `directory` is where its relative paths start."""

    config: Config
    selection: Selection
    directory: Path
    environ: Mapping[str, str]


def open_project(common: CommonOptions) -> Project:
    """Read the configuration and apply the selection. Raises `ConfigError` and `UsageError`."""
    directory = Path.cwd().resolve()
    environ = dict(os.environ)
    if common.destination is not None:
        environ["KAMAL_DESTINATION"] = common.destination
    config = load_config(common.config_file, common.destination, environ=environ, cwd=directory)
    selection = select(config, hosts=common.hosts, roles=common.roles, primary=common.primary)
    return Project(config, selection, directory, environ)


def roles_on_hosts(selection: Selection) -> str:
    """The roles and hosts that a command is about, for a sentence."""
    return f"{listed(selection.roles)} on {listed(selection.app_hosts)}"


def refuse_without_roles(selection: Selection) -> None:
    """Raise `UsageError` where a command about the app is asked of hosts that do not run it."""
    if not selection.pairs:
        raise UsageError(
            f"no role runs on {listed(selection.hosts)}", fix="select hosts that run a role in deploy.yml"
        )


async def read_secrets(
    common: CommonOptions, project: Project, needs: Iterable[SecretNeed] | None = None
) -> Secrets:
    """All secrets that the run needs; `needs` None means those of a deploy. A command that lasts is told on
    standard error. Raises `SecretsError`."""

    loading = False

    async def run(command: SecretCommand) -> str:
        nonlocal loading
        if not loading:
            # A vault takes its time: what connects to hosts can be loaded then.
            loading = True
            load_beside()
        if common.quiet:
            return await run_in_shell(command)
        # Most secrets are written where they are read, and need no command.
        from backstaff.cli.waiting import run_secret_command

        return await run_secret_command(command)

    secrets = await resolve_secrets(
        project.config, needs, environ=project.environ, cwd=project.directory, run=run
    )
    _refuse_odd_values(secrets)
    return secrets


def _refuse_odd_values(secrets: Secrets) -> None:
    """Raise `SecretsError` for values that no host could be told. The values themselves are not told."""
    values = {name: value.reveal() for name, value in secrets.values.items()}
    problems = [
        f"the secret {name} is not UTF-8 text: it takes in an environment variable that is not"
        for name, value in values.items()
        if byte_in(value)
    ]
    problems += [
        f"the secret {name} has a NUL character in it, which no variable can hold"
        for name, value in values.items()
        if "\0" in value
    ]
    if problems:
        raise SecretsError("\n".join(problems))


async def connection_secrets(common: CommonOptions, project: Project) -> Secrets:
    """The secrets that it takes to connect: none, unless keys are secrets or a hook is to see them. Vaults
    are not asked for the others."""
    needs = [need for need in project.config.requires_secrets() if need.path[0] == "ssh"]
    if not needs and not runs_hook(common, project, "pre-connect"):
        return Secrets({})
    return await read_secrets(common, project, needs)


def runs_hook(common: CommonOptions, project: Project, name: str) -> bool:
    """Whether there is a hook of this name, and it is not to be skipped."""
    return not common.skip_hooks and (project.directory / project.config.hooks_path / name).is_file()


def literal_secrets(config: Config) -> list[str]:
    """Credentials that are written into deploy.yml itself; they are masked like any other secret."""
    written = [config.registry.password, *config.ssh.key_data]
    return [each.reveal() for each in written if isinstance(each, SecretValue)]


async def find_performer(project: Project) -> Performer:
    """Who runs this, as git knows them; where it does not, the login name and `Unknown`."""
    name = await _git_setting(project, "user.name")
    email = await _git_setting(project, "user.email")
    login = project.environ.get("USER") or project.environ.get("LOGNAME") or _UNKNOWN
    return Performer(name=name or _UNKNOWN, email=email or without_halves(login))


async def _git_setting(project: Project, key: str) -> str:
    try:
        ended = await run_async(
            ["git", "config", key], cwd=project.directory, environ=project.environ, timeout_s=_GIT_WITHIN_S
        )
    except CommandUnavailable:
        return ""
    return ended.stdout.strip() if ended.status == 0 else ""


def read_error_pages(project: Project) -> Mapping[str, bytes]:
    """The error pages of `error_pages_path` by file name. Raises `UsageError` if they can not be read."""
    path = project.config.error_pages_path
    if path is None:
        return {}
    directory = project.directory / path
    try:
        found = [page for pattern in PATTERNS for page in sorted(directory.glob(pattern))]
        return {page.name: page.read_bytes() for page in found}
    except OSError as error:
        raise UsageError(f"error pages can not be read: {error}", where=str(directory)) from error
