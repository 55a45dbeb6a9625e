"""Which version a command is about."""

from collections.abc import Mapping

from backstaff.cli.project import Project, refuse_without_roles
from backstaff.config.version import resolve_version
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.rollback import last_good_version
from backstaff.errors import RemoteError
from backstaff.plan.plan import Command
from backstaff.plan.selection import Selection


async def target_version(project: Project, command: Command, given: str | None) -> str | None:
    """The version that a command boots; None where only the hosts know it: a rollback without one.

    `given` is the version that was asked for. Raises `UsageError` if git does not tell one either, or no
    role is selected that could be rolled back."""
    if command is Command.APP_BOOT and given is None:
        return project.config.latest_tag
    if command is Command.ROLLBACK and given is None:
        refuse_without_roles(project.selection)
        return None
    return await resolve_version(project.config, given, environ=project.environ, cwd=project.directory)


async def version_before(run: RunContext, selection: Selection, watches: Mapping[str, ContainerWatch]) -> str:
    """The version that a rollback goes back to, as the hosts show it. Raises `RemoteError` without one."""
    found = await last_good_version(run, selection.pairs, watches)
    if found is None:
        raise RemoteError(
            "there is no version to roll back to: no older one is left for every role on every host",
            fix="deploy an older version with `backstaff deploy --skip-push --version VERSION`",
        )
    return found
