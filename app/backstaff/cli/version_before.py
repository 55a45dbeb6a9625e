"""Which version a rollback goes back to, as the hosts show it."""

from collections.abc import Mapping

from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project
from backstaff.engine.app_state import watches_of
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.rollback import last_good_version
from backstaff.errors import RemoteError
from backstaff.plan.selection import Selection


async def version_before(run: RunContext, selection: Selection, watches: Mapping[str, ContainerWatch]) -> str:
    """The version that a rollback goes back to, as the hosts show it. Raises `RemoteError` without one."""
    found = await last_good_version(run, selection.pairs, watches)
    if found is None:
        raise RemoteError(
            "there is no version to roll back to: no older one is left for every role on every host",
            fix="deploy an older version with `backstaff deploy --skip-push --version VERSION`",
        )
    return found


async def version_on_hosts(common: CommonOptions, project: Project) -> str:
    """The same, of hosts that nobody has connected to yet. Their hook `pre-connect` runs for it."""
    selection = project.selection

    async def find(run: RunContext, fleet: Fleet) -> str:
        return await version_before(run, selection, await watches_of(run, fleet, selection))

    return await look(common, project, selection.app_hosts, find, command="rollback")
