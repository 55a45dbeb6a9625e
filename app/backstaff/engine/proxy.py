"""The proxy container of a host: running, and recent enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.together import on_each
from backstaff.engine.waits import Ongoing, Wait
from backstaff.errors import CommandFailed, DockerFailed, ProxyEnded, RemoteError
from backstaff.events.facts import WaitKind
from backstaff.explain.docker_errors import proxy_start_doom
from backstaff.hosts.protocol import CommandResult, ContainerState
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER
from backstaff.kamal.prepare_script import START_PROXY, HostNeeds, prepare_script
from backstaff.kamal.proxy_boot import MINIMUM_VERSION, too_old, version_of_image
from backstaff.kamal.proxy_deploy import list_command
from backstaff.kamal.proxy_list import ProxyService, parse_services
from backstaff.kamal.script import last_step
from backstaff.plan.selection import Selection

ANSWERS_WITHIN_S = 15.0
_NOT_THERE = {404, 409}
"""What Docker answers for a container that does not exist, or does not run."""
_NOT_RUNNING = "is not running"
"""What it says, with yet another status, of one that ends in the moment in which a program is to start."""


def refuse_if_too_old(host: str, image: str) -> None:
    """Raise if the proxy of this image does not understand what we will ask of it."""
    version = version_of_image(image)
    if too_old(version):
        raise RemoteError(
            f"kamal-proxy {version} is older than {MINIMUM_VERSION}, which this deploy needs",
            where=host,
            fix="replace it with `kamal proxy reboot`; each host is out for a moment while it restarts",
        )


async def boot_proxies(run: RunContext, fleet: Fleet, selection: Selection) -> None:
    """Make the network on all hosts, and start the proxy where it belongs and does not run."""

    async def boot(host: GuardedHost) -> None:
        with run.report.step("ensure the network", host.name) as network:
            if not await host.docker.ensure_network(NETWORK):
                network.skip(f"{NETWORK} is there")
        if host.name in selection.proxy_hosts:
            await _boot_proxy(run, host)

    await on_each(fleet.some(selection.hosts), boot)


async def _boot_proxy(run: RunContext, host: GuardedHost) -> None:
    with run.report.step("start the proxy", host.name) as note:
        if not await proxy_is_down(host):
            note.skip("kamal-proxy runs already")
            return
        script = prepare_script(run.config, host.name, "", HostNeeds(starts_proxy=True))
        result = await host.attempt(script, "start the proxy", uses_docker=True)
        if result.status != 0:
            raise preparation_failed(host.name, last_step(result.stdout), result)
        await until_proxy_answers(run, host)


def preparation_failed(host: str, step: str, result: CommandResult) -> CommandFailed:
    """The error for a prepare script that ended at `step`; for the proxy, with what kept it from starting."""
    doom = proxy_start_doom(result.stderr) if step == START_PROXY else None
    return CommandFailed(
        doom.reason if doom else f"could not {step}",
        status=result.status,
        stderr=result.stderr,
        where=host,
        fix=doom.advice if doom else "",
    )


async def proxy_is_down(host: GuardedHost) -> bool:
    """Whether the proxy has to be started. Raises `RemoteError` if it is too old to be talked to."""
    seen = await host.docker.inspect(PROXY_CONTAINER)
    if seen is not None:
        refuse_if_too_old(host.name, seen.image)
    return seen is None or seen.state is not ContainerState.RUNNING


async def services_of(host: GuardedHost) -> Sequence[ProxyService] | None:
    """What the host's proxy has services for; None where there is no proxy or it does not run, so that no
    traffic goes anywhere. Raises `RemoteError` if a running proxy gives no answer."""
    try:
        result = await host.docker.execute(PROXY_CONTAINER, list_command().argv)
    except DockerFailed as error:
        if not _is_not_there(error):
            raise
        return None
    if result.status != 0:
        said = (result.stderr or result.stdout).strip()
        raise RemoteError(f"kamal-proxy does not tell what it serves: {said}", where=host.name)
    return parse_services(result.stdout)


def _is_not_there(error: DockerFailed) -> bool:
    """Whether a program could not be run in the proxy's container because that does not run."""
    return error.status in _NOT_THERE or _NOT_RUNNING in error.what


async def make_list_ready(host: GuardedHost) -> None:
    """Have the question of `services_of` ready."""
    await host.docker.make_ready(PROXY_CONTAINER, list_command().argv)


async def until_proxy_answers(run: RunContext, host: GuardedHost) -> None:
    """A proxy just started takes a moment to open its control socket. Raises `ProxyEnded` if it has ended."""
    wait = Wait(WaitKind.START, "kamal-proxy to answer", "kamal-proxy", ANSWERS_WITHIN_S, host.name)

    async def answers(_: Ongoing) -> None:
        while (await host.docker.execute(PROXY_CONTAINER, list_command().argv)).status != 0:
            await run.clock.sleep(0.2)

    try:
        await run.waits.wait(wait, answers, [host.link, host.engine])
    except DockerFailed as error:
        if not _is_not_there(error):
            raise
        raise ProxyEnded(
            "kamal-proxy ended again right after it was started",
            where=host.name,
            evidence=[error.what],
            fix=f"see why with `backstaff proxy logs -h {host.name}`",
        ) from error


@dataclass(frozen=True)
class ProxyRow:
    """One service of one host's proxy. A proxy without services has one row without a service."""

    host: str
    image: str
    state: str
    service: str = ""
    at: str = ""
    target: str = ""
    serves: str = ""


async def proxy_rows(hosts: Sequence[GuardedHost]) -> list[ProxyRow]:
    """What the proxies run and where they send traffic, in the order of `hosts`."""
    found = await on_each(hosts, _rows)
    return [row for rows in found.values() for row in rows]


async def _rows(host: GuardedHost) -> list[ProxyRow]:
    seen = await host.docker.inspect(PROXY_CONTAINER)
    if seen is None:
        return [ProxyRow(host.name, "", "absent")]
    alone = ProxyRow(host.name, seen.image, seen.state.value)
    if seen.state is not ContainerState.RUNNING:
        return [alone]
    result = await host.docker.execute(PROXY_CONTAINER, list_command().argv)
    return [
        replace(alone, service=each.name, at=f"{each.host}{each.path}", target=each.target, serves=each.state)
        for each in parse_services(result.stdout)
    ] or [alone]
