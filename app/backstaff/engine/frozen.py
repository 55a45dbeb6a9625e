"""Containers that somebody has left paused: requests to them hang until they go on."""

from collections.abc import Sequence

from backstaff.config.models import Role
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.telling import PairTeller
from backstaff.errors import BackstaffError
from backstaff.hosts.protocol import ContainerState


async def let_go_on(run: RunContext, watch: ContainerWatch, roles: Sequence[Role]) -> None:
    """Let go on whatever has the proxy's traffic and is paused, as a run that was killed may have left it.

    The container table must be fresh. What is paused and does not serve is stopped like all that is stale;
    Docker wakes it for that itself."""
    for role in roles:
        current = watch.current(role.name)
        if current is None or current.state is not ContainerState.PAUSED:
            continue
        tell = PairTeller(run, watch.host.name, role.name)
        try:
            with run.report.step("let the container go on", watch.host.name, role.name, current.name):
                await watch.host.docker.unpause(current.id)
        except BackstaffError as error:
            tell.warn(f"{current.name} is paused and could not go on: {error.what}")
            continue
        tell.warn(f"{current.name} has the traffic and was paused: it goes on")
        await watch.refresh()
