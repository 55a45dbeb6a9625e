"""What `deploy`, `redeploy`, `rollback` and `app boot` do before there is a run.

All that is wrong on this machine is found here, before any host is touched. What logs in to hosts and carries
a run out is not needed for that: it is loaded while the hosts are being dialled.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from backstaff.cli.lock_options import LockOptions
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import (
    Project,
    find_performer,
    open_project,
    read_error_pages,
    read_secrets,
    runs_hook,
)
from backstaff.cli.target import target_version
from backstaff.config.models import OnFailure
from backstaff.config.secrets import Secrets
from backstaff.errors import ExitCode
from backstaff.hosts.dials import Dials
from backstaff.hosts.loading import load_ssh
from backstaff.plan.plan import Command, Plan, make_plan

if TYPE_CHECKING:
    from backstaff.engine.resume import EarlierRun


@dataclass(frozen=True)
class BootOptions:
    """Options of the commands that boot containers. `version` stands above that of the common options;
    `on_failure` None leaves that to the configuration."""

    skip_push: bool = False
    no_cache: bool = False
    version: str | None = None
    on_failure: OnFailure | None = None
    lock: LockOptions = field(default_factory=LockOptions)


@dataclass(frozen=True)
class Prepared:
    """One such command, planned and proved. Everything that it needs from this machine is read.

    `pre_connected`: the hook `pre-connect` has run already."""

    common: CommonOptions
    project: Project
    secrets: Secrets
    plan: Plan
    options: BootOptions
    pages: Mapping[str, bytes]
    pre_connected: bool = False


async def boot(common: CommonOptions, command: Command, options: BootOptions) -> ExitCode:
    """Plan, prove, and carry out."""
    return await carried_out(_prepared(common, command, options))


async def carried_out(
    preparing: Awaitable[Prepared],
    *,
    argv: Sequence[str] | None = None,
    earlier: "EarlierRun | None" = None,
) -> ExitCode:
    """Prepare a command, dial, and carry it out. `argv` is the command line that does the same, if it is not
    that of this process; `earlier` is the run that it goes on with."""
    dials = Dials()
    try:
        prepared = await preparing
        await _dial(prepared, dials)
        loaded = asyncio.get_running_loop().run_in_executor(None, _load)
        performer = await find_performer(prepared.project)
        await loaded
        from backstaff.cli.booting import carry_out, ready

        return await carry_out(ready(prepared, performer, dials, argv, earlier))
    finally:
        dials.close()


async def _prepared(common: CommonOptions, command: Command, options: BootOptions) -> Prepared:
    project = open_project(common)
    secrets = await read_secrets(common, project)
    version = await target_version(project, command, options.version or common.version)
    looked = version is None
    if version is None:
        # To look at hosts takes the engine too.
        from backstaff.cli.version_before import version_on_hosts

        version = await version_on_hosts(common, project)
    plan = planned(project, version, command, options)
    pages = read_error_pages(project)
    return Prepared(common, project, secrets, plan, options, pages, pre_connected=looked)


async def _dial(prepared: Prepared, dials: Dials) -> None:
    """Begin the connections to the hosts, unless a hook has something to do before that."""
    common, project = prepared.common, prepared.project
    if prepared.pre_connected or not runs_hook(common, project, "pre-connect"):
        dials.begin(prepared.plan.hosts, project.config.ssh, project.config.sshkit)
        # They are on their way once the event loop has turned.
        await asyncio.sleep(0)


def _load() -> None:
    """Load what the run needs: one after the other, as two threads that import at once take longer."""
    load_ssh()
    import_module("backstaff.cli.booting")


def planned(project: Project, version: str, command: Command, options: BootOptions) -> Plan:
    """The plan for everything that is selected. Raises `PlanRefused` and `UsageError`."""
    return make_plan(
        project.config,
        project.selection,
        version,
        command,
        skip_push=options.skip_push,
        on_failure=options.on_failure,
    )
