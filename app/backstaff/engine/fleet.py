"""The hosts of a run: connected at once, minded while the run lasts, closed at its end."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from math import ceil

from backstaff.engine import several_hosts
from backstaff.engine.alongside import alongside
from backstaff.engine.caller import Caller
from backstaff.engine.context import RunContext, listed
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.waits import Wait
from backstaff.errors import BackstaffError, DockerUnavailable, HostUnreachable, WaitExpired
from backstaff.events.facts import HostState, WaitKind
from backstaff.events.types import HostChanged, Notice
from backstaff.explain.words import duration
from backstaff.hosts.protocol import Connector, Host
from backstaff.uninterrupted import uninterrupted

CONNECT_TRIES = 4


class Fleet:
    """The connected hosts, by name; `unreachable` are those that could not be used, and why."""

    def __init__(
        self, run: RunContext, hosts: Sequence[GuardedHost], unreachable: Mapping[str, BackstaffError]
    ) -> None:
        self._run = run
        self._hosts = {host.name: host for host in hosts}
        self.unreachable = unreachable

    def __getitem__(self, name: str) -> GuardedHost:
        return self._hosts[name]

    @property
    def hosts(self) -> tuple[GuardedHost, ...]:
        """All hosts, in the order of the plan."""
        return tuple(self._hosts.values())

    def some(self, names: Iterable[str]) -> tuple[GuardedHost, ...]:
        """The hosts with these names, in the given order."""
        return tuple(self._hosts[name] for name in names)


@asynccontextmanager
async def connected(
    run: RunContext, connector: Connector, names: Sequence[str], *, partly: bool = False
) -> AsyncIterator[Fleet]:
    """Connect to all hosts at once and mind them while the body runs.

    Raises the error of the host that could not be reached; where there are several, one error that names
    them all. Nothing has been changed on any host by then. With `partly` that is raised only if no host is
    left; else the fleet is of those that could be reached.
    """
    opened: list[Host] = []
    try:
        fleet = await _connect_all(run, connector, names, opened, partly=partly)
        inner = {host.name: host for host in opened}
        links = [_mind_link(host, inner[host.name]) for host in fleet.hosts]
        async with alongside(*links, *(host.caller.daemon.mind() for host in fleet.hosts)):
            yield fleet
    finally:
        await uninterrupted(_close_all(run, opened))


async def _connect_all(
    run: RunContext, connector: Connector, names: Sequence[str], opened: list[Host], *, partly: bool
) -> Fleet:
    for name in names:
        run.stream.emit(HostChanged(host=name, state=HostState.QUEUED))
    rounds = ceil(len(names) / run.config.sshkit.max_concurrent_starts)
    limit = run.timeouts.connect * CONNECT_TRIES * max(1, rounds)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_connect(run, connector, name, limit, opened)) for name in names]
    results = dict(zip(names, (task.result() for task in tasks), strict=True))
    failures = {name: result for name, result in results.items() if isinstance(result, BackstaffError)}
    hosts = [result for result in results.values() if isinstance(result, GuardedHost)]
    if failures and not (partly and hosts):
        raise _told_together(failures)
    return Fleet(run, hosts, failures)


async def _connect(
    run: RunContext, connector: Connector, name: str, limit_s: float, opened: list[Host]
) -> GuardedHost | BackstaffError:
    cause = f"connect to {name} ({duration(run.timeouts.connect)} a try)"
    wait = Wait(WaitKind.CONNECT, cause, f"sshd on {name}", limit_s, name, quiet=True)

    async def open_connection() -> Host:
        host = await connector.connect(name)
        opened.append(host)
        return host

    run.stream.emit(HostChanged(host=name, state=HostState.CONNECTING))
    try:
        inner = await run.waits.wait(wait, lambda _: open_connection())
        await _open_docker(run, connector, inner)
    except WaitExpired as error:
        return _unreachable(run, name, HostUnreachable(error.what, where=name, fix=error.fix))
    except BackstaffError as error:
        return _unreachable(run, name, error)
    run.stream.emit(HostChanged(host=name, state=HostState.CONNECTED))
    return GuardedHost(inner, Caller(run, inner), run.timeouts)


async def _open_docker(run: RunContext, connector: Connector, host: Host) -> None:
    """Raises `DockerUnavailable`, also when the engine takes the connection and says nothing."""
    limit = run.timeouts.docker
    wait = Wait(
        WaitKind.DOCKER, "open Docker", f"the Docker Engine on {host.name}", limit, host.name, quiet=True
    )
    try:
        await run.waits.wait(wait, lambda _: connector.open_docker(host))
    except WaitExpired as error:
        raise DockerUnavailable(
            f"Docker has not answered for {limit:g} s",
            where=host.name,
            fix=f"look at `systemctl status docker` and `journalctl -u docker` on {host.name}",
        ) from error


def _unreachable(run: RunContext, name: str, error: BackstaffError) -> BackstaffError:
    run.stream.emit(HostChanged(host=name, state=HostState.UNREACHABLE, detail=error.what))
    return error


def _told_together(failures: Mapping[str, BackstaffError]) -> BackstaffError:
    """The error of the only host that can not be used, or one that tells what is wrong with each of them."""
    first, *others = failures.values()
    if not others:
        return first
    unreachable = any(isinstance(each, HostUnreachable) for each in failures.values())
    kind = HostUnreachable if unreachable else DockerUnavailable
    return kind(
        f"{len(failures)} hosts can not be used",
        where=listed(list(failures)),
        evidence=several_hosts.causes(failures),
        fix=several_hosts.fixes(failures),
    )


async def _mind_link(host: GuardedHost, inner: Host) -> None:
    host.caller.lose(await inner.wait_lost())


async def _close_all(run: RunContext, hosts: Sequence[Host]) -> None:
    async with asyncio.TaskGroup() as group:
        for host in hosts:
            group.create_task(_close(run, host))


async def _close(run: RunContext, host: Host) -> None:
    """A connection that does not close well must not hide how the run ended."""
    try:
        await host.close()
    except Exception as error:  # noqa: BLE001 - the last thing done with a host; told, and over
        text = f"closing the connection failed: {type(error).__name__}: {error}"
        run.stream.emit(Notice(level="info", host=host.name, text=text))
