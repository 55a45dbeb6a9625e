"""Hosts that exist in memory only: connections to fake servers, and who makes them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from backstaff.errors import BackstaffError, DockerUnavailable, HostUnreachable, LoginRefused
from backstaff.hosts.protocol import CommandResult, Host
from tests.fakes import shell
from tests.fakes.docker import FakeDocker
from tests.fakes.faults import Connecting, Fault
from tests.fakes.server import FakeServer
from tests.fakes.wire import ONE_WAY, Reply, Wire


class FakeHost:
    """The `Host` protocol over one connection to a server."""

    def __init__(self, server: FakeServer) -> None:
        self.wire = Wire(server.name, server.engine, server.faults)
        server.wires.append(self.wire)
        self._server = server
        self._docker = FakeDocker(server, self.wire)

    @property
    def name(self) -> str:
        return self._server.name

    @property
    def docker(self) -> FakeDocker:
        return self._docker

    async def run(self, script: str) -> CommandResult:
        operation, docker = shell.operation_of(script), shell.needs_docker(script)

        def serve(reply: Reply[CommandResult]) -> None:
            if docker and self._server.engine.closing:
                without(self.wire.not_running(), reply)
            else:
                reply.give(shell.run(self._server, script))

        def refuse(fault: Fault, reply: Reply[CommandResult]) -> None:
            reply.give(CommandResult(1, stderr=fault.text))

        def without(error: BackstaffError, reply: Reply[CommandResult]) -> None:
            reply.give(CommandResult(1, stderr="\n".join(error.evidence) or "error during connect: EOF"))

        return await self.wire.ask(operation, serve, refuse=refuse, without=without, docker=docker)

    @asynccontextmanager
    async def lend(self, port: int) -> AsyncIterator[None]:
        self.wire.check()
        yield

    async def wait_lost(self) -> str:
        await self.wire.lost.wait()
        return self.wire.reason

    async def close(self) -> None:
        self.wire.closed = True
        self.wire.lose("closed by us")


class Datacentre:
    """All servers, and the `Connector` to them."""

    def __init__(self, names: Iterable[str], service: str = "app") -> None:
        self.servers = {name: FakeServer(name, service) for name in names}

    def __getitem__(self, name: str) -> FakeServer:
        return self.servers[name]

    async def connect(self, name: str) -> Host:
        server = self.servers[name]
        await asyncio.sleep(ONE_WAY)
        match server.connecting:
            case Connecting.REFUSED:
                raise HostUnreachable("connection refused", where=name, fix="check that sshd runs")
            case Connecting.NO_LOGIN:
                raise LoginRefused("permission denied", where=name, fix=f"add a key on {name}")
            case Connecting.SILENT:
                await asyncio.Event().wait()
        return FakeHost(server)

    async def open_docker(self, host: Host) -> None:
        await asyncio.sleep(ONE_WAY)
        if self.servers[host.name].connecting is Connecting.NO_DOCKER:
            raise DockerUnavailable("Docker is not installed", where=host.name, fix="install `docker`")
        await host.docker.ping()
