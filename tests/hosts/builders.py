"""Connectors and hosts for tests."""

import shlex
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.dials import Dials
from backstaff.hosts.ssh_host import SshHost
from tests.hosts.ssh_server import ServerState

_RELAY = """
import os, socket, sys, threading
link = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def up():
    while data := os.read(0, 65536):
        link.sendall(data)
    link.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := link.recv(65536):
    os.write(1, data)
"""
RELAYED = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(_RELAY.replace('%', '%%'))} %p"
"""A proxy command that carries a connection to a port of this machine."""


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
