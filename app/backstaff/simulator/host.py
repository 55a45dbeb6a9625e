"""One simulated host, as a test or a demonstration handles it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import asyncssh
from aiohttp.web_server import Server

from backstaff.clock import Seconds
from backstaff.kamal.lock import AUTOMATIC, details_text, encoded_details
from backstaff.kamal.names import PROXY_CONTAINER
from backstaff.kamal.paths import RUN_DIR
from backstaff.simulator.containers import Container
from backstaff.simulator.daemon import Daemon
from backstaff.simulator.docker_program import DockerProgram, RunningScript
from backstaff.simulator.faults import Action, Operation, Plans
from backstaff.simulator.image_store import Credentials
from backstaff.simulator.images import Registry, with_tag
from backstaff.simulator.kamal_proxy import SOCKET
from backstaff.simulator.machine import Machine
from backstaff.simulator.proxy_server import ProxyServer
from backstaff.simulator.shell import run_command
from backstaff.simulator.ssh_server import HostSsh
from backstaff.simulator.wanted import Wanted


class SimulatedHost:
    """A server with SSH and Docker. Faults stay until they are undone."""

    def __init__(
        self,
        name: str,
        home: Path,
        *,
        make_machine: Callable[[Daemon], Machine],
        registry: Registry,
        program: DockerProgram,
    ) -> None:
        self.name = name
        self.home = home
        self.port = 0
        self.api_calls = 0
        self.commands = 0
        self._daemon = Daemon(make_machine, registry)
        self._program = program
        self._login = Credentials(registry.username, registry.password)
        self._plans = Plans()
        self._running = 0
        self._idle = asyncio.Event()
        self._ssh: HostSsh | None = None

    @property
    def daemon(self) -> Daemon:
        """Its Docker Engine."""
        return self._daemon

    @property
    def channels(self) -> int:
        """SSH channels that were opened so far."""
        return self.commands + (self._ssh.channels if self._ssh else 0)

    async def listen(
        self,
        address: str,
        port: int,
        host_key: asyncssh.SSHKey,
        client_key: asyncssh.SSHAuthorizedKeys,
        api: Server,
    ) -> None:
        """Let SSH connections in."""
        self._ssh = HostSsh(self, host_key, client_key, api, self._execute)
        self.port = await self._ssh.listen(address, port)

    async def close(self) -> None:
        """End all connections and commands."""
        if self._ssh is not None:
            await self._ssh.close()
        while self._running:
            self._idle.clear()
            await self._idle.wait()

    def container(self, name: str) -> Container | None:
        """A container by name or id."""
        return self._daemon.find(name)

    @property
    def proxy(self) -> ProxyServer | None:
        """The proxy that runs."""
        container = self._daemon.find(PROXY_CONTAINER)
        inside = container.inside if container is not None else None
        server = inside.sockets.get(SOCKET) if inside is not None else None
        return server if isinstance(server, ProxyServer) else None

    def run_container(self, wanted: Wanted) -> Container:
        """Have a container that nobody deployed; its image is fetched first."""
        if self._daemon.images.find(wanted.image) is None:
            self._daemon.images.add(wanted.image, self._daemon.images.wanted(wanted.image, self._login))
        container = self._daemon.create(wanted)
        self._daemon.start(container.id)
        return container

    def freeze_docker(self) -> None:
        """Docker takes requests and answers nothing; containers go on."""
        self._daemon.machine.thawed.clear()

    def thaw_docker(self) -> None:
        """Undo freeze_docker."""
        self._daemon.machine.thawed.set()

    def skew_clock(self, ahead_s: Seconds) -> None:
        """From now on all times that Docker tells are ahead of the client's, or behind."""
        self._daemon.machine.stamps.skew(ahead_s)

    def go_down(self) -> None:
        """Refuse connections, and break those there are."""
        if self._ssh is not None:
            self._ssh.refuse()
            self._ssh.drop()

    def break_connections(self) -> None:
        """Break those there are, as a network that fails for a moment does; new ones are let in."""
        if self._ssh is not None:
            self._ssh.drop()

    def withhold(self, image: str) -> None:
        """The registry does not have the image for this host."""
        self._daemon.images.withheld.add(with_tag(image))

    def behave(self, image: str, mode: str, *, role: str = "") -> None:
        """Let containers of an image, or only those of a role, have a mode of their own here (`apps.py`)."""
        self._daemon.machine.modes[f"{image} {role}".strip()] = mode

    def hold_lock(self, name: str, *, by: str, version: str, message: str = AUTOMATIC) -> None:
        """Somebody else holds the deploy lock of `name`, a service with its destination."""
        directory = self.home / RUN_DIR / f"lock-{name}"
        directory.mkdir(parents=True)
        text = details_text(by, self._daemon.machine.clock.wall(), version, message)
        (directory / "details").write_text(encoded_details(text))

    def at(self, operation: Operation, action: Action, *, times: int = 1) -> None:
        """Do something when an operation begins here for the `times`-th time from now on."""
        self._plans.at(operation, action, times=times)

    def forget_plans(self) -> None:
        """What `at` has planned and did not come to pass yet, does not any more."""
        self._plans = Plans()

    def after(self, delay: Seconds, action: Callable[[], None]) -> None:
        """Do something when `delay` simulated seconds have passed."""

        async def later() -> None:
            await self._daemon.machine.clock.sleep(delay)
            action()

        self._daemon.machine.spawn(later())

    async def reached(self, operation: Operation) -> None:
        """An operation begins here."""
        await self._plans.reached(operation)

    async def _execute(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        self.commands += 1
        self._running += 1
        try:
            await self._run_command(process)
        finally:
            self._running -= 1
            self._idle.set()

    async def _run_command(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        script = RunningScript(self._daemon.machine.clock, self)
        await run_command(process, self.home, self._program, script)
