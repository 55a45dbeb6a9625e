"""Makes the SSH connections of a run. Importing this is cheap: asyncssh comes with the first connection,
and what talks to Docker with the first Docker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backstaff.clock import Clock, LoopClock
from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.hosts.dials import Dials
from backstaff.hosts.loading import load_docker, load_ssh
from backstaff.hosts.protocol import Host

if TYPE_CHECKING:
    from backstaff.hosts.ssh_connections import SshConnections
    from backstaff.hosts.ssh_host import SshHost


def load_beside() -> None:
    """Begin to load what makes connections, while something else is waited for."""
    asyncio.get_running_loop().run_in_executor(None, load_ssh)


class SshConnector:
    """Connects to hosts of deploy.yml; one per run, so that limits and jump hosts are shared.

    `key_data` are the texts of the private keys that `ssh.key_data` names, already looked up.
    `known_hosts` None means the files of the ssh configuration. `ask` (host, fingerprint, file
    that an accepted key is written to) is awaited for an unknown host key, which is accepted on True; without
    it `unknown_hosts` decides. `dials` are connections that were begun before.
    """

    def __init__(
        self,
        ssh: Ssh,
        sshkit: SshKit,
        *,
        unknown_hosts: UnknownHosts = UnknownHosts.ACCEPT_NEW,
        timeouts: Timeouts | None = None,
        clock: Clock | None = None,
        key_data: Sequence[str] = (),
        known_hosts: Path | None = None,
        ask: Callable[[str, str, str], Awaitable[bool]] | None = None,
        dials: Dials | None = None,
    ) -> None:
        self._ssh = ssh
        self._sshkit = sshkit
        self._unknown_hosts = unknown_hosts
        self._timeouts = timeouts or Timeouts()
        self._clock = clock or LoopClock()
        self._key_data = key_data
        self._known_hosts = known_hosts
        self._ask = ask
        self._dials = dials
        self._connections: SshConnections | None = None

    async def connect(self, name: str) -> "SshHost":
        """Connect and log in; `name` as deploy.yml writes it. Raises `HostUnreachable` or a kind of it."""
        # This takes a while, which would stop whatever the loop is showing.
        await asyncio.to_thread(load_ssh)
        if self._connections is None:
            self._connections = self._open()
            # What is needed next is loaded while the hosts take their time to answer.
            asyncio.get_running_loop().run_in_executor(None, load_docker)
        return await self._connections.connect(name)

    async def open_docker(self, host: Host) -> None:
        """Make `host.docker` usable; raises `DockerUnavailable` saying what is missing."""
        from backstaff.hosts.ssh_host import SshHost

        if not isinstance(host, SshHost):
            raise TypeError(f"{host.name} was not connected by this connector")
        await asyncio.to_thread(load_docker)
        await host.open()

    def _open(self) -> "SshConnections":
        from backstaff.hosts.ssh_connections import SshConnections
        from backstaff.hosts.ssh_login import LoginPolicy

        return SshConnections(
            LoginPolicy(
                self._ssh,
                self._sshkit,
                self._timeouts,
                self._clock,
                self._unknown_hosts,
                self._key_data,
                self._known_hosts,
                self._ask,
                self._dials,
            )
        )
