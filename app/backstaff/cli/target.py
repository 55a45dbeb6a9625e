"""Which version a command is about."""

from backstaff.cli.project import Project, refuse_without_roles
from backstaff.config.version import resolve_version
from backstaff.plan.plan import Command


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
