"""`app start`, `app stop`, `app stale_containers --stop`: runs under the lock that boot nothing new."""

from enum import StrEnum

from backstaff.cli.lock_options import LockOptions
from backstaff.cli.locked import run_locked
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import open_project, refuse_without_roles
from backstaff.config.version import resolve_version
from backstaff.engine.app_power import AppPower
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.errors import ExitCode


class PowerChange(StrEnum):
    """What is done to the containers that are there."""

    START = "app start"
    STOP = "app stop"
    STOP_STALE = "app stale_containers"


async def power(common: CommonOptions, lock: LockOptions, change: PowerChange) -> ExitCode:
    """Carry the change out on the selected hosts."""
    project = open_project(common)
    selection = project.selection
    refuse_without_roles(selection)
    version = ""
    if change is PowerChange.START:
        version = await resolve_version(
            project.config, common.version, environ=project.environ, cwd=project.directory
        )

    async def work(run: RunContext, fleet: Fleet) -> None:
        app = AppPower(run, fleet, selection)
        match change:
            case PowerChange.START:
                await app.start()
            case PowerChange.STOP:
                await app.stop()
            case PowerChange.STOP_STALE:
                await app.stop_stale()

    return await run_locked(
        common, project, lock, work, command=change.value, hosts=selection.app_hosts, version=version
    )
