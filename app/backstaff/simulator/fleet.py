"""A fleet of simulated hosts, from the first key to the last file removed."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType

import asyncssh
from aiohttp import web

from backstaff.config.models.ssh import Ssh
from backstaff.simulator.api import engine_api
from backstaff.simulator.clock import ScaledClock, SimulationClock
from backstaff.simulator.daemon import Daemon
from backstaff.simulator.deploy_file import deploy_yml
from backstaff.simulator.docker_program import DockerProgram
from backstaff.simulator.host import SimulatedHost
from backstaff.simulator.images import PROXY_IMAGE, Registry, proxy_image
from backstaff.simulator.machine import Machine
from backstaff.simulator.spec import REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, FleetSpec
from backstaff.simulator.tasks import Tasks
from backstaff.temporary import make_directory, remove


class Fleet:
    """Simulated hosts that listen while the context is open, and leave nothing behind.

    Everything happens in the event loop of the context. `key`, `known_hosts` and `ssh_config` are files for
    clients; with `ssh_config` the hosts are reached by their names.
    """

    def __init__(self, spec: FleetSpec, clock: SimulationClock | None = None) -> None:
        self.spec = spec
        self.clock = clock or ScaledClock()
        self.registry = Registry(REGISTRY, REGISTRY_USER, REGISTRY_PASSWORD)
        self._hosts: dict[str, SimulatedHost] = {}
        self._directory = Path()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Fleet":
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    @property
    def hosts(self) -> Mapping[str, SimulatedHost]:
        """All hosts by name."""
        return self._hosts

    def host(self, name: str) -> SimulatedHost:
        """One host."""
        return self._hosts[name]

    @property
    def key(self) -> Path:
        """The private key that opens every host."""
        return self._directory / "key"

    @property
    def known_hosts(self) -> Path:
        """The hosts' keys."""
        return self._directory / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """For OpenSSH and for `ssh.config` of deploy.yml: an alias for each host."""
        return self._directory / "ssh_config"

    @property
    def ssh(self) -> Ssh:
        """The `ssh` section of a deploy.yml for these hosts."""
        return Ssh(config=(str(self.ssh_config),))

    @property
    def deploy_yml(self) -> str:
        """The text of a deploy.yml for this fleet."""
        return deploy_yml(self.spec, ssh_config=self.ssh_config)

    @property
    def addressed_deploy_yml(self) -> str:
        """The same with hosts as `ADDRESS:PORT`, so that clients need not read an alias for each."""
        written = {host.name: f"{self.spec.address}:{host.port}" for host in self._hosts.values()}
        return deploy_yml(self.spec, ssh_config=self._ssh_login, written=written)

    @property
    def _ssh_login(self) -> Path:
        return self._directory / "ssh_login"

    async def _open(self) -> None:
        self._directory = make_directory("backstaff-fleet-")
        self._stack.callback(remove, self._directory)
        self.registry.publish(PROXY_IMAGE, proxy_image())
        for name, config in self.spec.published.items():
            self.registry.publish(name, config)
        runner = web.AppRunner(
            engine_api(), handler_cancellation=True, access_log=None, keepalive_timeout=3600.0
        )
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        tasks = await self._stack.enter_async_context(Tasks())
        program = DockerProgram(self._directory, tasks.spawn)
        program.open()
        self._stack.callback(program.close)
        if runner.server is None:
            raise RuntimeError("aiohttp made no server")
        await self._open_hosts(tasks, program, runner.server)

    async def _open_hosts(self, tasks: Tasks, program: DockerProgram, api: web.Server) -> None:
        client = asyncssh.generate_private_key("ssh-ed25519", comment="backstaff simulator")
        client.write_private_key(str(self.key))
        self.key.chmod(0o600)
        authorized = asyncssh.import_authorized_keys(client.export_public_key().decode())
        known: list[str] = []
        for number, name in enumerate(self.spec.hosts):
            host = self._add_host(name, tasks, program)
            key = asyncssh.generate_private_key("ssh-ed25519")
            port = self.spec.first_port + number if self.spec.first_port else 0
            await host.listen(self.spec.address, port, key, authorized, api)
            self._stack.push_async_callback(host.close)
            public = key.export_public_key().decode().split()
            known.append(f"[{self.spec.address}]:{host.port} {public[0]} {public[1]}\n")
        self.known_hosts.write_text("".join(known))
        self._ssh_login.write_text(self._login_text())
        self.ssh_config.write_text(self._aliases_text() + self._login_text())

    def _add_host(self, name: str, tasks: Tasks, program: DockerProgram) -> SimulatedHost:
        home = self._directory / "homes" / name
        home.mkdir(parents=True, mode=0o700)

        def machine(daemon: Daemon) -> Machine:
            return Machine(name, home, self.clock, tasks, daemon.neighbour)

        host = SimulatedHost(name, home, make_machine=machine, registry=self.registry, program=program)
        self._hosts[name] = host
        return host

    def _aliases_text(self) -> str:
        aliases = (
            f"Host {host.name}\n  HostName {self.spec.address}\n  Port {host.port}\n"
            for host in self._hosts.values()
        )
        return "".join(aliases)

    def _login_text(self) -> str:
        lines = (
            "Host *",
            f"  IdentityFile {self.key}",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {self.known_hosts}",
            "  GlobalKnownHostsFile /dev/null",
            "  StrictHostKeyChecking yes",
        )
        return "\n".join(lines) + "\n"
