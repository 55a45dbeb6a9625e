"""Which containers' output is shown."""

from backstaff.cli.project import roles_on_hosts
from backstaff.engine.app_logs import LogSource
from backstaff.engine.app_state import app_containers
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.together import on_each
from backstaff.errors import UsageError
from backstaff.explain.words import listed
from backstaff.plan.selection import Selection


async def current_sources(run: RunContext, fleet: Fleet, selection: Selection) -> list[LogSource]:
    """The containers that serve now. Raises `UsageError` where nothing runs."""
    rows = await app_containers(run, fleet, selection)
    sources = [LogSource(row.host, row.role, row.name) for row in rows if row.current]
    if not sources:
        raise UsageError(
            f"nothing of {roles_on_hosts(selection)} runs, so there is no output",
            fix="see `backstaff app containers`, and name one with --container-id",
        )
    return sources


async def sources_called(container: str, fleet: Fleet) -> list[LogSource]:
    """The container of this id or name wherever a host has it. Raises `UsageError` where none has."""
    found = await on_each(fleet.hosts, lambda host: host.docker.inspect(container))
    sources = [LogSource(host, "", container) for host, seen in found.items() if seen is not None]
    if not sources:
        hosts = listed([host.name for host in fleet.hosts])
        raise UsageError(
            f"there is no container {container} on {hosts}",
            fix="see `backstaff app containers`; select the host that has it with -h",
        )
    return sources
