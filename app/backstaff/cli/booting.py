"""What `deploy`, `redeploy`, `rollback` and `app boot` have in common."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import click

from backstaff.cli.connecting import connector_for
from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project, read_error_pages, read_secrets
from backstaff.cli.running import run_recorded
from backstaff.config.version import resolve_version
from backstaff.engine.app_state import watches_of
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.fleet import Fleet
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.lock import LockPatience
from backstaff.engine.planning import announce_plan
from backstaff.engine.rollback import last_good_version
from backstaff.errors import ExitCode, RemoteError
from backstaff.plan.plan import Command, make_plan

F = TypeVar("F", bound=Callable[..., object])

LOCK_VARIABLE = "KAMAL_LOCK"
"""Set to `true` by a run that holds the lock, for the tools its hooks call."""


@dataclass(frozen=True)
class BootOptions:
    """Options of the commands that boot containers. `version` stands above that of the common options."""

    skip_push: bool = False
    no_cache: bool = False
    version: str | None = None
    patience: LockPatience = field(default_factory=LockPatience)


def lock_options(command: F) -> F:
    """Adds the options about waiting for somebody else's lock."""
    options = (
        click.option(
            "--lock-wait-interval",
            type=click.FloatRange(min=0.1),
            default=15,
            show_default=True,
            metavar="SECONDS",
            help="How often to look whether the lock is free.",
        ),
        click.option(
            "--lock-wait-timeout",
            type=click.FloatRange(min=0.1),
            default=900,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for the lock.",
        ),
        click.option("--lock-wait", is_flag=True, help="Wait while another deploy holds the lock."),
    )
    for option in options:
        command = option(command)
    return command


def patience_of(wait: bool, timeout_s: float, interval_s: float) -> LockPatience:
    """The lock options as one value."""
    return LockPatience(wait_s=timeout_s if wait else 0, interval_s=interval_s)


async def boot(common: CommonOptions, project: Project, command: Command, options: BootOptions) -> ExitCode:
    """Plan, prove, and carry out. What is wrong on this machine is found before any host is touched."""
    secrets = await read_secrets(project)
    version = await _version(common, project, command, options)
    plan = make_plan(project.config, project.selection, version, command, skip_push=options.skip_push)
    pages = read_error_pages(project)

    async def work(run: RunContext) -> None:
        announce_plan(run, plan)
        deploy_options = DeployOptions(
            skip_push=options.skip_push,
            skip_hooks=common.skip_hooks,
            no_cache=options.no_cache,
            lock_inherited=project.environ.get(LOCK_VARIABLE) == "true",
            patience=options.patience,
            error_pages=pages,
        )
        connector = connector_for(run.config, run.revealed)
        owner = this_process(run.run_id)
        await Deploy(run, plan, connector, owner, is_dead, deploy_options).carry_out()

    return await run_recorded(
        common, project, secrets, command=command.value, version=plan.version, work=work
    )


async def _version(common: CommonOptions, project: Project, command: Command, options: BootOptions) -> str:
    given = options.version or common.version
    if command is Command.APP_BOOT and given is None:
        return project.config.latest_tag
    if command is Command.ROLLBACK and given is None:
        return await _previous_version(common, project)
    return await resolve_version(project.config, given, environ=project.environ, cwd=project.directory)


async def _previous_version(common: CommonOptions, project: Project) -> str:
    """The version to roll back to where none is given, as the hosts' stopped containers show it."""
    selection = project.selection

    async def find(run: RunContext, fleet: Fleet) -> str | None:
        watches = await watches_of(run, fleet, selection)
        return await last_good_version(run, selection.pairs, watches)

    found = await look(common, project, selection.app_hosts, find, command="rollback")
    if found is None:
        raise RemoteError(
            "there is no version to roll back to: no older one is left for every role on every host",
            fix="deploy an older version with `backstaff deploy --skip-push --version VERSION`",
        )
    return found
