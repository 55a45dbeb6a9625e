"""The SSH server of one simulated host."""

from collections.abc import Callable, Coroutine

import asyncssh
from aiohttp.web_server import Server

from backstaff.errors import BackstaffError
from backstaff.simulator.api_host import ApiHost
from backstaff.simulator.api_transport import ApiSession

DOCKER_SOCKET = "/var/run/docker.sock"

Exec = Callable[["asyncssh.SSHServerProcess[bytes]"], Coroutine[object, object, None]]


class HostSsh:
    """Listens at one address; lets in whoever has `client_key`."""

    def __init__(
        self,
        host: ApiHost,
        host_key: asyncssh.SSHKey,
        client_key: asyncssh.SSHAuthorizedKeys,
        api: Server,
        execute: Exec,
    ) -> None:
        self.host = host
        self.host_key = host_key
        self.api = api
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self.channels = 0
        self._client_key = client_key
        self._execute = execute
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def listen(self, address: str, port: int) -> int:
        """Begin to listen; the port, a free one for 0. Raises BackstaffError if that can not be had."""
        try:
            self._acceptor = await asyncssh.listen(
                address,
                port,
                server_factory=lambda: _Login(self),
                server_host_keys=[self.host_key],
                authorized_client_keys=self._client_key,
                process_factory=self._execute,
                encoding=None,
                agent_forwarding=False,
                backlog=16,
            )
        except OSError as error:
            raise BackstaffError(
                f"cannot listen on {address} port {port}: {error.strerror or error}",
                fix="choose another port for the simulated hosts, or leave the choice to the system",
            ) from error
        return self._acceptor.get_port()

    def refuse(self) -> None:
        """Take no more connections."""
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None

    def drop(self) -> None:
        """Break every connection, as if the network were gone."""
        for connection in list(self.connections):
            connection.abort()

    async def close(self) -> None:
        """Stop listening and break every connection."""
        acceptor, self._acceptor = self._acceptor, None
        if acceptor is not None:
            acceptor.close()
        self.drop()
        if acceptor is not None:
            await acceptor.wait_closed()


class _Login(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, ssh: HostSsh) -> None:
        self._ssh = ssh
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._ssh.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncssh's)
        if self._connection is not None:
            self._ssh.connections.discard(self._connection)

    def unix_connection_requested(self, dest_path: str) -> ApiSession | bool:
        if dest_path != DOCKER_SOCKET:
            return False
        self._ssh.channels += 1
        return ApiSession(self._ssh.api, self._ssh.host)
