"""Runs that change hosts under the deploy lock and boot nothing new."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from backstaff.cli.connecting import connector_for
from backstaff.cli.lock_options import LockOptions
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project, connection_secrets
from backstaff.cli.running import run_recorded
from backstaff.engine.alongside import alongside
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet, connected
from backstaff.engine.hooks import Hooks
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.lock import DeployLock
from backstaff.errors import ExitCode

LOCK_VARIABLE = "KAMAL_LOCK"
"""Set to `true` by a run that holds the lock, for the tools its hooks call."""


def lock_is_inherited(environ: Mapping[str, str]) -> bool:
    """Whether the run that called us holds the lock."""
    return environ.get(LOCK_VARIABLE) == "true"


async def run_locked(
    common: CommonOptions,
    project: Project,
    lock: LockOptions,
    change: Callable[[RunContext, Fleet], Awaitable[None]],
    *,
    command: str,
    hosts: Sequence[str],
    version: str = "",
) -> ExitCode:
    """Connect to `hosts` and the lock's, and do `change` as a run that holds the lock."""
    secrets = await connection_secrets(common, project)
    lock_host = project.selection.lock_host
    everywhere = tuple(dict.fromkeys((*hosts, lock_host)))
    inherited = lock_is_inherited(project.environ)

    async def work(run: RunContext) -> None:
        patience = lock.patience(run.config)
        await Hooks(run, hosts=everywhere, skip=common.skip_hooks).run("pre-connect")
        async with (
            alongside(run.waits.explain_until_cancelled()),
            connected(run, connector_for(run.config, run.revealed), everywhere) as fleet,
        ):
            owner = this_process(run.run_id)
            its_lock = DeployLock(run, fleet[lock_host], owner, is_dead=is_dead, patience=patience)
            if inherited:
                await its_lock.warn_if_free()
                await change(run, fleet)
                return
            async with its_lock.held():
                await change(run, fleet)
            its_lock.refuse_if_left_behind()

    return await run_recorded(common, project, secrets, command=command, version=version, work=work)
