"""Traffic that goes to a container which has ended, although another of the role runs.

A deploy that was given up goes on in the proxy until its own time is over. A check of it that was under way
when its container ended can be answered by the next container that gets the address: then the proxy moves
the traffic to what is dead."""

from collections.abc import Sequence

from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.switch import ProxySwitch
from backstaff.hosts.protocol import ContainerState, ContainerSummary
from backstaff.kamal.names import container_name, container_prefix
from backstaff.kamal.proxy_list import ProxyService
from backstaff.plan.pairs import Pair

_RUNNING = {ContainerState.RUNNING, ContainerState.RESTARTING}
_ENDED = {ContainerState.EXITED, ContainerState.DEAD, ContainerState.CREATED}


async def bring_traffic_back(
    run: RunContext,
    watch: ContainerWatch,
    pairs: Sequence[Pair],
    services: Sequence[ProxyService] | None,
) -> bool:
    """Point the proxy at what runs: the run's own version, else what is current. Whether there was anything
    to be pointed back. The container table must be as fresh as `services`.

    A target that is no container of this host's is somebody's own doing and left alone."""
    stranded = False
    for pair in pairs:
        role = run.config.role(pair.role)
        lost = _ended_target(watch, services or (), container_prefix(run.config, role.name))
        running = _running(run, watch, pair)
        if role.proxied and lost is not None and running is not None:
            stranded = True
            why = f"the traffic of {role.name} went to {lost.name}, which has ended"
            await ProxySwitch(run, role, watch).back_to(running.id, running.name, why=why)
    return stranded


def _ended_target(
    watch: ContainerWatch, services: Sequence[ProxyService], prefix: str
) -> ContainerSummary | None:
    target = next((each.target for each in services if each.name == prefix), "").partition(":")[0]
    ended = (each for each in watch.containers if each.state in _ENDED)
    return next((each for each in ended if each.short_id == target), None)


def _running(run: RunContext, watch: ContainerWatch, pair: Pair) -> ContainerSummary | None:
    """What is paused would answer nobody."""
    found = (watch.named(container_name(run.config, pair.role, run.version)), watch.current(pair.role))
    return next((each for each in found if each is not None and each.state in _RUNNING), None)
