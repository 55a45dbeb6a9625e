"""What of the app is on the hosts, for the commands that only look."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.together import on_each
from backstaff.hosts.protocol import ContainerSummary
from backstaff.kamal.filters import kept, label_filters
from backstaff.kamal.names import container_prefix, version_of
from backstaff.plan.selection import Selection


@dataclass(frozen=True)
class ContainerRow:
    """One container of a role on a host. `current` marks the one that serves, `stale` one that should not
    run any more."""

    host: str
    role: str
    version: str
    name: str
    state: str
    status: str
    image: str
    current: bool
    stale: bool


async def watches_of(run: RunContext, fleet: Fleet, selection: Selection) -> Mapping[str, ContainerWatch]:
    """The container tables of the selected app hosts, filled."""
    watches = {
        host.name: ContainerWatch(run, host, selection.roles_on(host.name))
        for host in fleet.some(selection.app_hosts)
    }
    await on_each([watch.host for watch in watches.values()], lambda host: watches[host.name].learn())
    return watches


async def app_containers(run: RunContext, fleet: Fleet, selection: Selection) -> list[ContainerRow]:
    """All containers of the selected roles, running or not, newest first within a role on a host."""
    watches = await watches_of(run, fleet, selection)
    return [
        _row(run, watches[pair.host], pair.role, container)
        for pair in selection.pairs
        for container in kept(label_filters(run.config, pair.role), watches[pair.host].containers)
    ]


def _row(run: RunContext, watch: ContainerWatch, role: str, container: ContainerSummary) -> ContainerRow:
    current = watch.current(role)
    return ContainerRow(
        host=watch.host.name,
        role=role,
        version=version_of(container.name, container_prefix(run.config, role)),
        name=container.name,
        state=container.state.value,
        status=container.status,
        image=container.image,
        current=current is not None and current.id == container.id,
        stale=any(each.id == container.id for each in watch.stale(role)),
    )
