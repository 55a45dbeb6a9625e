"""`app start`, `app stop`, `app stale_containers --stop`: runs under the lock that boot nothing new."""

from enum import StrEnum

from backstaff.cli.connecting import connector_for
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project, connection_secrets
from backstaff.cli.running import run_recorded
from backstaff.config.version import resolve_version
from backstaff.engine.alongside import alongside
from backstaff.engine.app_power import AppPower
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import connected
from backstaff.engine.hooks import Hooks
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.lock import DeployLock
from backstaff.errors import ExitCode


class PowerChange(StrEnum):
    """What is done to the containers that are there."""

    START = "app start"
    STOP = "app stop"
    STOP_STALE = "app stale_containers"


async def power(common: CommonOptions, project: Project, change: PowerChange) -> ExitCode:
    """Carry the change out on the selected hosts."""
    secrets = await connection_secrets(project, skip_hooks=common.skip_hooks)
    selection = project.selection
    version = ""
    if change is PowerChange.START:
        version = await resolve_version(
            project.config, common.version, environ=project.environ, cwd=project.directory
        )
    hosts = tuple(dict.fromkeys((*selection.app_hosts, selection.lock_host)))

    async def work(run: RunContext) -> None:
        await Hooks(run, hosts=hosts, skip=common.skip_hooks).run("pre-connect")
        connector = connector_for(run.config, run.revealed)
        async with (
            alongside(run.waits.explain_until_cancelled()),
            connected(run, connector, hosts) as fleet,
            DeployLock(run, fleet[selection.lock_host], this_process(run.run_id), is_dead=is_dead).held(),
        ):
            app = AppPower(run, fleet, selection)
            match change:
                case PowerChange.START:
                    await app.start()
                case PowerChange.STOP:
                    await app.stop()
                case PowerChange.STOP_STALE:
                    await app.stop_stale()

    return await run_recorded(common, project, secrets, command=change.value, version=version, work=work)
