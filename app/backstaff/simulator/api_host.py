"""Which host a request is for."""

from typing import Protocol

from aiohttp import web

from backstaff.simulator.daemon import Daemon
from backstaff.simulator.faults import Operation

HOST = "simulated_host"
"""The name under which a connection's transport has its host."""


class ApiHost(Protocol):
    """What the Engine API knows of a host."""

    api_calls: int
    """Requests so far."""

    @property
    def daemon(self) -> Daemon:
        """Its Docker Engine."""
        ...

    async def reached(self, operation: Operation) -> None:
        """An operation begins; whatever was planned for it happens first."""


class _HasHost(Protocol):
    def get_extra_info(self, name: str, default: object = None) -> ApiHost:
        """The host, for `HOST`."""
        ...


def host_of(request: web.Request) -> ApiHost:
    """The host whose engine is asked. Raises ConnectionResetError if its connection is gone."""
    transport: _HasHost | None = request.transport
    if transport is None:
        raise ConnectionResetError("the connection is gone")
    return transport.get_extra_info(HOST)


def daemon_of(request: web.Request) -> Daemon:
    """Its engine."""
    return host_of(request).daemon
