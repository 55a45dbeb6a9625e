"""Connectors and hosts for tests."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.dials import Dials
from backstaff.hosts.ssh_host import SshHost
from tests.hosts.ssh_server import ServerState


def a_connector(
    server: ServerState,
    known_hosts: Path | None,
    *,
    ssh: Ssh | None = None,
    sshkit: SshKit | None = None,
    policy: UnknownHosts = UnknownHosts.ACCEPT_NEW,
    timeouts: Timeouts | None = None,
    key_data: Sequence[str] = (),
    ask: Callable[[str, str, str], Awaitable[bool]] | None = None,
    dials: Dials | None = None,
) -> SshConnector:
    return SshConnector(
        ssh or own_key(server),
        sshkit or SshKit(),
        unknown_hosts=policy,
        timeouts=timeouts,
        known_hosts=known_hosts,
        key_data=key_data,
        ask=ask,
        dials=dials,
    )


def own_key(server: ServerState) -> Ssh:
    return Ssh(keys=(str(server.client_key),), keys_only=True, config=False)


def address(server: ServerState) -> str:
    return f"127.0.0.1:{server.port}"


@asynccontextmanager
async def connected(server: ServerState, known_hosts: Path) -> AsyncIterator[SshHost]:
    host = await a_connector(server, known_hosts).connect(address(server))
    try:
        yield host
    finally:
        await host.close()
