"""One host to try the contract on: simulated, or with Docker's own daemon."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from backstaff.clock import Clock, LoopClock
from backstaff.config.models.ssh import SshKit
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.protocol import CommandResult, Container, DockerEvent, LogLine, RegistryAuth
from backstaff.hosts.ssh_host import SshHost
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER
from backstaff.simulator.clock import SkippingClock, run_skipping
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.images import PROXY_IMAGE, app_image
from backstaff.simulator.spec import REGISTRY, FleetSpec, RoleSpec
from tests.lab import Lab
from tests.lab.connections import a_connector, credentials

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Site:
    """A connected host. `publish` pushes a version of the application and tells its name."""

    host: SshHost
    clock: Clock
    auth: RegistryAuth
    publish: Callable[[str, str, bool], Awaitable[str]]

    async def image(self, version: str = "v1", mode: str = "healthy", *, healthcheck: bool = False) -> str:
        """Push a version and pull it on the host; its name."""
        name = await self.publish(version, mode, healthcheck)
        async for _ in self.host.docker.pull(name, self.auth):
            pass
        return name

    async def create(self, name: str, image: str, options: str = "", command: str = "") -> str:
        """Create a container that belongs to the service; its id."""
        result = await self.docker(f"create --name {name} --label service=app {options} {image} {command}")
        assert result.status == 0, result.stderr
        return result.stdout.strip()

    async def run(self, name: str, image: str, options: str = "", command: str = "") -> str:
        """Create a container and start it."""
        container = await self.create(name, image, options, command)
        await self.host.docker.start(name)
        return container

    async def docker(self, line: str) -> CommandResult:
        """The docker command on the host."""
        return await self.host.run(f"docker {line}")

    async def boot_proxy(self) -> None:
        """Run the proxy as Kamal does."""
        await self.host.docker.ensure_network(NETWORK)
        volume = "--volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy"
        options = f"--detach --network {NETWORK} --restart unless-stopped {volume}"
        result = await self.docker(f"run --name {PROXY_CONTAINER} {options} --publish 80:80 {PROXY_IMAGE}")
        assert result.status == 0, result.stderr
        await self.until(lambda: self._proxy_answers())

    async def proxy(self, *words: str) -> CommandResult:
        """A command of kamal-proxy."""
        return await self.host.docker.execute(PROXY_CONTAINER, ["kamal-proxy", *words])

    async def see(self, name: str) -> Container:
        """Inspect a container that is there."""
        found = await self.host.docker.inspect(name)
        assert found is not None, f"there is no {name}"
        return found

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        """Return once the condition holds."""
        async with self.clock.timeout_at(self.clock.now() + _PATIENCE_S):
            while not await condition():
                await self.clock.sleep(0.05)

    async def until_state(self, name: str, state: str) -> Container:
        """The container, once it is in a state."""

        async def reached() -> bool:
            return (await self.see(name)).state == state

        await self.until(reached)
        return await self.see(name)

    async def log(self, name: str) -> list[LogLine]:
        """All that a container has written."""
        return [line async for line in self.host.docker.logs(name)]

    @asynccontextmanager
    async def events(self, image: str) -> AsyncIterator["Recording"]:
        """Record the events while the body runs; begins once the subscription holds."""
        recording = Recording(self)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(recording.follow())
            await self.create("marker", image)
            await recording.begin()
            yield recording
            task.cancel()

    async def _proxy_answers(self) -> bool:
        return (await self.proxy("list")).status == 0


class Recording:
    """Events in their order, those of a container called `marker` left out."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._events: list[DockerEvent] = []
        self._marked = 0

    async def follow(self) -> None:
        """Record until cancelled."""
        async for event in self._site.host.docker.events():
            self._events.append(event)

    async def begin(self) -> None:
        """Return when events come through."""
        other = "marker-renamed"
        while not self._events:
            await self._site.host.docker.rename("marker", other)
            await self._site.host.docker.rename(other, "marker")
        await self._site.host.docker.remove("marker")

    def actions(self, name: str) -> list[str]:
        """What happened to a container."""
        return [event.action for event in self._events if event.container_name == name]

    async def until(self, name: str, action: str, times: int = 1) -> list[str]:
        """What happened to a container, once it includes an action."""

        async def happened() -> bool:
            return self.actions(name).count(action) >= times

        await self._site.until(happened)
        return self.actions(name)

    def first(self, name: str, action: str) -> DockerEvent:
        """The first event of a container with this action."""
        found = (event for event in self._events if (event.container_name, event.action) == (name, action))
        return next(found)


Contract = Callable[[Site], Awaitable[None]]


class Ground(Protocol):
    """Where a test of the contract runs."""

    def run(self, test: Contract) -> None:
        """Run it on a host that is whole and empty."""
        ...


class SimulatorGround:
    """A simulated host, on skipped time."""

    def run(self, test: Contract) -> None:
        """Run it."""
        run_skipping(self._run(test))

    async def _run(self, test: Contract) -> None:
        clock = SkippingClock()
        async with Fleet(FleetSpec(service="app", roles={"web": RoleSpec(("h1",))}), clock) as fleet:

            async def publish(version: str, mode: str, healthcheck: bool) -> str:
                name = f"{REGISTRY}/app:{version}"
                fleet.registry.publish(name, app_image(version, mode=mode, healthcheck=healthcheck))
                return name

            connector = SshConnector(fleet.ssh, SshKit(), clock=clock)
            auth = RegistryAuth(REGISTRY, fleet.registry.username, fleet.registry.password)
            await _with_site(connector, "h1", lambda host: Site(host, clock, auth, publish), test)


class LabGround:
    """A host of the lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def run(self, test: Contract) -> None:
        """Run it."""
        self._lab.heal()
        self._lab.wipe()
        asyncio.run(self._run(test))

    async def _run(self, test: Contract) -> None:
        lab = self._lab

        async def publish(version: str, mode: str, healthcheck: bool) -> str:
            return await asyncio.to_thread(lab.app_image, version, mode=mode, healthcheck=healthcheck)

        def site(host: SshHost) -> Site:
            return Site(host, LoopClock(), credentials(lab), publish)

        await _with_site(a_connector(lab), lab.hosts[0].address, site, test)


async def _with_site(
    connector: SshConnector, name: str, site: Callable[[SshHost], Site], test: Contract
) -> None:
    host = await connector.connect(name)
    try:
        await test(site(host))
    finally:
        await host.close()


def contract(test: Contract) -> Callable[[Ground], None]:
    """Make an async test one that runs on each ground."""

    def run(ground: Ground) -> None:
        ground.run(test)

    run.__name__ = test.__name__
    run.__module__ = test.__module__
    return run
