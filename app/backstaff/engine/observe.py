"""What the hosts run, before anything is changed and again after everything was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext, roles_of
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.proxy import refuse_if_too_old, services_of
from backstaff.engine.stranded import bring_traffic_back
from backstaff.engine.together import at_once, on_each, try_each
from backstaff.engine.waits import Wait
from backstaff.errors import BackstaffError, DockerRestarted, RemoteError
from backstaff.events.facts import HostState, PairVerdict, WaitKind
from backstaff.events.types import HostChanged, Notice, Verified, VersionSeen
from backstaff.hosts.protocol import Container, ContainerState, ContainerSummary
from backstaff.kamal.filters import up_containers
from backstaff.kamal.names import PROXY_CONTAINER, container_name, container_prefix, version_of
from backstaff.kamal.proxy_list import ProxyService
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan

VERIFY_WITHIN_S = 20.0
MIB = 1024 * 1024
LITTLE_DISK = 300 * MIB


async def observe(run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch]) -> None:
    """List the containers of all hosts and tell which version each pair runs.

    Raises `RemoteError` if a proxy is too old."""

    async def look(host: GuardedHost) -> None:
        watch = watches[host.name]
        await at_once(watch.learn(), _tell_engine(run, host))
        _refuse_unfit_proxy(plan, watch)
        for role in roles_of(run.config, plan, host.name):
            current = watch.current(role.name)
            version = version_in(current.name, container_prefix(run.config, role.name)) if current else ""
            run.stream.emit(VersionSeen(host=host.name, role=role.name, version=version))
            if current is not None and current.state is ContainerState.PAUSED:
                text = f"{current.name} has the traffic and is paused: requests to it hang"
                run.stream.emit(Notice(level="warning", host=host.name, text=text))

    await on_each([watch.host for watch in watches.values()], look)


def _refuse_unfit_proxy(plan: Plan, watch: ContainerWatch) -> None:
    """Raise if a proxy is too old, or down where the command does not start it itself."""
    host = watch.host.name
    if host not in plan.selection.proxy_hosts:
        return
    proxy = watch.named(PROXY_CONTAINER)
    if proxy is not None:
        refuse_if_too_old(host, proxy.image)
    if not plan.command.boots_proxy and (proxy is None or proxy.state is not ContainerState.RUNNING):
        lack = "does not run" if proxy else "is not there"
        raise RemoteError(
            f"kamal-proxy {lack}, and {plan.command} does not start it",
            where=host,
            fix="start it with `backstaff proxy boot`",
        )


async def _tell_engine(run: RunContext, host: GuardedHost) -> None:
    version = await host.docker.version()
    run.stream.emit(HostChanged(host=host.name, state=HostState.CONNECTED, docker=version))


async def tell_room(run: RunContext, host: GuardedHost) -> None:
    """Tell what room Docker has; too little is worth a warning before a pull fails. Runs beside the work:
    nothing waits for it, and what fails here fails there too."""
    try:
        free = await host.docker.free_disk()
    except BackstaffError as error:
        text = f"Docker's free disk space is not known: {error.what}"
        run.stream.emit(Notice(level="info", host=host.name, text=text))
        return
    run.stream.emit(HostChanged(host=host.name, state=HostState.CONNECTED, free_disk=free))
    if free is not None and free < LITTLE_DISK:
        text = f"Docker has only {free // MIB} MiB of disk left; `docker system prune` may make room"
        run.stream.emit(Notice(level="warning", host=host.name, text=text))


async def verify(run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch]) -> Sequence[PairVerdict]:
    """Observe all pairs again and compare with what the run promised. Never raises for a host that can not
    be observed in time, but says so; the others are told all the same."""
    pairs_of: dict[str, list[Pair]] = {}
    for pair in plan.every_pair:
        pairs_of.setdefault(pair.host, []).append(pair)

    async def look_in_time(host: GuardedHost) -> list[PairVerdict]:
        owner = f"the Docker Engine on {host.name}"
        wait = Wait(WaitKind.DOCKER, "look at the host again", owner, VERIFY_WITHIN_S, host.name, quiet=True)
        pairs = pairs_of.get(host.name, [])
        async with host.daemon.blamed():
            return await run.waits.wait(
                wait, lambda _: _verdicts(run, plan, watches[host.name], pairs), host.breakers
            )

    seen, failures = await try_each([watch.host for watch in watches.values()], look_in_time)
    known = {(each.host, each.role): each for host in seen.values() for each in host}
    verdicts = [
        known.get((pair.host, pair.role)) or _unknown(plan, pair, failures.get(pair.host))
        for pair in plan.every_pair
    ]
    run.stream.emit(Verified(pairs=tuple(verdicts)))
    return verdicts


@dataclass(frozen=True)
class _Sight:
    """What one look at a host shows; `services` are those of its proxy, None if it does not run."""

    verdicts: list[PairVerdict]
    services: Sequence[ProxyService] | None


async def _verdicts(
    run: RunContext, plan: Plan, watch: ContainerWatch, pairs: Sequence[Pair]
) -> list[PairVerdict]:
    """What a host shows. A daemon that is being shut down shows containers that it has ended itself: then
    there is nothing to be seen until it is back."""
    began = run.clock.now()
    seen = await _look(run, plan, watch, pairs)
    unlike = next((each for each in seen.verdicts if not each.agrees), None)
    if unlike is None:
        return seen.verdicts
    disagreement = RemoteError(unlike.note, where=watch.host.name)
    cause = await watch.host.daemon.cause_of(disagreement, began)
    if cause is disagreement and not await bring_traffic_back(run, watch, pairs, seen.services):
        return seen.verdicts
    if cause is disagreement or isinstance(cause, DockerRestarted):
        return (await _look(run, plan, watch, pairs)).verdicts
    raise cause


async def _look(run: RunContext, plan: Plan, watch: ContainerWatch, pairs: Sequence[Pair]) -> _Sight:
    """All that is asked for is asked at once; a container goes by the name that the plan gives it."""
    seen: dict[Pair, Container | None] = {}
    services: list[Sequence[ProxyService] | None] = []

    async def inspect(pair: Pair) -> None:
        seen[pair] = await watch.host.docker.inspect(container_name(run.config, pair.role, plan.version))

    async def ask_proxy() -> None:
        services.append(await proxy_services(plan, watch.host))

    await at_once(watch.refresh(), ask_proxy(), *(inspect(pair) for pair in pairs))
    return _Sight([_verdict(run, plan, watch, pair, seen[pair], services[0]) for pair in pairs], services[0])


def _unknown(plan: Plan, pair: Pair, error: BackstaffError | None) -> PairVerdict:
    why = error.what if error else f"no answer within {VERIFY_WITHIN_S:g} s"
    return PairVerdict(host=pair.host, role=pair.role, expected=plan.version, unknown=why)


async def proxy_services(plan: Plan, host: GuardedHost) -> Sequence[ProxyService] | None:
    """What a host's proxy serves; nothing where the plan has none, None where it does not run."""
    if host.name not in plan.selection.proxy_hosts:
        return ()
    return await services_of(host)


def _verdict(
    run: RunContext,
    plan: Plan,
    watch: ContainerWatch,
    pair: Pair,
    seen: Container | None,
    services: Sequence[ProxyService] | None,
) -> PairVerdict:
    prefix = container_prefix(run.config, pair.role)
    expected = watch.named(container_name(run.config, pair.role, plan.version))
    proxied = run.config.role(pair.role).proxied
    note = shortfall(run, pair, seen, services)
    current = watch.current(pair.role)
    serving = version_in(current.name, prefix) if current else ""
    if note and proxied:
        # Without a proxy no request comes through, whatever runs behind it.
        serving = "" if services is None else _served_version(watch, services, prefix) or serving
    beside = _beside(run, watch, pair, expected if not note else current)
    return PairVerdict(
        host=pair.host,
        role=pair.role,
        expected=plan.version,
        serving=plan.version if not note else serving,
        agrees=not note and (proxied or not beside),
        note=note or beside,
    )


def shortfall(
    run: RunContext, pair: Pair, seen: Container | None, services: Sequence[ProxyService] | None
) -> str:
    """What a pair's container lacks to do the pair's work, empty if nothing. `services` are those of the
    host's proxy, None if it does not run."""
    note = _disagreement(seen)
    if not note and seen is not None and run.config.role(pair.role).proxied:
        return _proxy_disagreement(services, container_prefix(run.config, pair.role), seen)
    return note


def _beside(run: RunContext, watch: ContainerWatch, pair: Pair, serving: ContainerSummary | None) -> str:
    """What else of the role runs. Behind the proxy that is idle; without it, two versions do the work."""
    prefix = container_prefix(run.config, pair.role)
    others = [
        version_in(each.name, prefix)
        for each in up_containers(run.config, pair.role, watch.containers)
        if serving is None or each.id != serving.id
    ]
    return f"{', '.join(others)} runs beside it" if others else ""


def version_in(name: str, prefix: str) -> str:
    """The version in a container's name, also once it was renamed to make room for another of its own."""
    return version_of(name, prefix).partition("_replaced_")[0]


def _disagreement(seen: Container | None) -> str:
    if seen is None:
        return "no container of this version"
    if seen.state is not ContainerState.RUNNING:
        return f"its container is {seen.state.value}"
    if seen.health is not None and seen.health.status == "unhealthy":
        return "its container is unhealthy"
    return ""


def _proxy_disagreement(services: Sequence[ProxyService] | None, prefix: str, seen: Container) -> str:
    if services is None:
        return "kamal-proxy does not run"
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
            return version_in(container.name, prefix)
    return ""
