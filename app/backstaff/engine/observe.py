"""What the hosts run, before anything is changed and again after everything was."""

from collections.abc import Mapping, Sequence

from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext, roles_of
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.proxy import refuse_if_too_old, services_of
from backstaff.engine.together import at_once, on_each, try_each
from backstaff.errors import BackstaffError
from backstaff.events.facts import HostState, PairVerdict
from backstaff.events.types import HostChanged, Notice, Verified, VersionSeen
from backstaff.hosts.protocol import Container, ContainerState
from backstaff.kamal.names import PROXY_CONTAINER, container_name, container_prefix, version_of
from backstaff.kamal.proxy_list import ProxyService
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan

VERIFY_WITHIN_S = 10.0
MIB = 1024 * 1024
LITTLE_DISK = 300 * MIB


async def observe(run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch]) -> None:
    """List the containers of all hosts and tell which version each pair runs.

    Raises `RemoteError` if a proxy is too old."""

    async def look(host: GuardedHost) -> None:
        watch = watches[host.name]
        await at_once(watch.learn(), _tell_engine(run, host))
        if host.name in plan.selection.proxy_hosts:
            proxy = watch.named(PROXY_CONTAINER)
            if proxy is not None:
                refuse_if_too_old(host.name, proxy.image)
        for role in roles_of(run.config, plan, host.name):
            current = watch.current(role.name)
            version = version_of(current.name, container_prefix(run.config, role.name)) if current else ""
            run.stream.emit(VersionSeen(host=host.name, role=role.name, version=version))

    await on_each([watch.host for watch in watches.values()], look)


async def _tell_engine(run: RunContext, host: GuardedHost) -> None:
    """Tell Docker's version and the room it has; too little room is worth a warning before a pull fails."""
    version, free = await host.docker.version(), await host.docker.free_disk()
    run.stream.emit(HostChanged(host=host.name, state=HostState.CONNECTED, docker=version, free_disk=free))
    if free is not None and free < LITTLE_DISK:
        text = f"Docker has only {free // MIB} MiB of disk left; `docker system prune` may make room"
        run.stream.emit(Notice(level="warning", host=host.name, text=text))


async def verify(run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch]) -> Sequence[PairVerdict]:
    """Observe all pairs again and compare with what the run promised; never raises for a host that can not
    be observed, but says so."""

    async def look(host: GuardedHost) -> list[PairVerdict]:
        run_on_host = [pair for pair in plan.pairs if pair.host == host.name]
        watch = watches[host.name]
        await watch.refresh()
        services = await _proxy_services(plan, host)
        return [await _verdict(run, plan, watch, pair, services) for pair in run_on_host]

    clock = run.clock
    try:
        async with clock.timeout_at(clock.now() + VERIFY_WITHIN_S):
            seen, failures = await try_each([watch.host for watch in watches.values()], look)
    except TimeoutError:
        seen, failures = {}, {}
    verdicts = [verdict for host in seen.values() for verdict in host]
    known = {(each.host, each.role) for each in verdicts}
    for pair in plan.pairs:
        if (pair.host, pair.role) not in known:
            verdicts.append(_unknown(plan, pair, failures.get(pair.host)))
    order = {(pair.host, pair.role): place for place, pair in enumerate(plan.pairs)}
    verdicts.sort(key=lambda each: order[each.host, each.role])
    run.stream.emit(Verified(pairs=tuple(verdicts)))
    return verdicts


def _unknown(plan: Plan, pair: Pair, error: BackstaffError | None) -> PairVerdict:
    why = error.what if error else f"no answer within {VERIFY_WITHIN_S:g} s"
    return PairVerdict(host=pair.host, role=pair.role, expected=plan.version, unknown=why)


async def _proxy_services(plan: Plan, host: GuardedHost) -> Sequence[ProxyService]:
    if host.name not in plan.selection.proxy_hosts:
        return ()
    return await services_of(host)


async def _verdict(
    run: RunContext,
    plan: Plan,
    watch: ContainerWatch,
    pair: Pair,
    services: Sequence[ProxyService],
) -> PairVerdict:
    prefix = container_prefix(run.config, pair.role)
    expected = watch.named(container_name(run.config, pair.role, plan.version))
    current = watch.current(pair.role)
    serving = version_of(current.name, prefix) if current else ""
    seen = await watch.host.docker.inspect(expected.id) if expected else None
    proxied = run.config.role(pair.role).proxied
    note = _disagreement(seen)
    if not note and proxied and seen is not None:
        note = _proxy_disagreement(services, prefix, seen)
    if note and proxied:
        serving = _served_version(watch, services, prefix) or serving
    return PairVerdict(
        host=pair.host,
        role=pair.role,
        expected=plan.version,
        serving=plan.version if not note else serving,
        agrees=not note,
        note=note,
    )


def _disagreement(seen: Container | None) -> str:
    if seen is None:
        return "no container of this version"
    if seen.state is not ContainerState.RUNNING:
        return f"its container is {seen.state.value}"
    if seen.health is not None and seen.health.status == "unhealthy":
        return "its container is unhealthy"
    return ""


def _proxy_disagreement(services: Sequence[ProxyService], prefix: str, seen: Container) -> str:
    service = next((each for each in services if each.name == prefix), None)
    if service is None:
        return "the proxy does not know it"
    if seen.id[:12] not in service.target:
        return f"the proxy's traffic goes to {service.target}"
    return ""


def _served_version(watch: ContainerWatch, services: Sequence[ProxyService], prefix: str) -> str:
    """The version behind the proxy's present target."""
    target = next((each.target for each in services if each.name == prefix), "")
    for container in watch.containers:
        if target and target.startswith(container.short_id):
            return version_of(container.name, prefix)
    return ""
