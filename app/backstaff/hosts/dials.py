"""TCP connections that are begun while SSH is still being loaded.

To load it takes longer than most hosts need to take a connection and to greet. What is begun here is only
that: nobody is logged in, nothing is said. The login that takes a connection gets the dial's error as if it
had dialled itself.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.hosts.known_hosts import SSH_PORT
from backstaff.hosts.ssh_config import goes_straight
from backstaff.hosts.ssh_settings import config_files, target_of

_LOOKUPS = 8
"""How many names are looked up at once. Not in the event loop's own threads: where no name server answers,
nothing else would find a free one."""

_Where = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, _Where]
"""As `socket.getaddrinfo` gives them."""


class Dials:
    """Connections by the address and port that they lead to, each for one login. Belongs to an event loop."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, int], asyncio.Task[socket.socket]] = {}
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="dial")

    def begin(self, names: Sequence[str], ssh: Ssh, sshkit: SshKit) -> None:
        """Begin to connect to hosts of deploy.yml: to those that are reached directly, at the address that is
        written there, and to no more than may be begun at once. Reads the ssh configuration."""
        if ssh.proxy or ssh.proxy_command:
            return
        files = config_files(ssh.config)
        for target in (target_of(name, ssh) for name in names[: max(1, sshkit.max_concurrent_starts)]):
            address = (target.host, target.port or SSH_PORT)
            if address not in self._begun and goes_straight(target.host, files):
                self._begun[address] = asyncio.get_running_loop().create_task(self._dial(*address))

    async def take(self, host: str, port: int) -> socket.socket | None:
        """The connection that was begun, once it stands, for the caller to close; None if there is none, or
        if it has ended since. Raises OSError where it could not be made."""
        task = self._begun.pop((host, port), None)
        if task is None:
            return None
        try:
            connection = await task
        except asyncio.CancelledError:
            # It may have come to stand in this very moment.
            _give_up(task)
            raise
        if _has_ended(connection):
            connection.close()
            return None
        return connection

    def close(self) -> None:
        """Give up what nobody has taken."""
        while self._begun:
            _, task = self._begun.popitem()
            _give_up(task)
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def _dial(self, host: str, port: int) -> socket.socket:
        """A connection to the first of the host's addresses that takes one. Raises OSError."""
        failure = OSError(f"{host} has no address")
        for address in await self._addresses(host, port):
            try:
                return await _connected(address)
            except OSError as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> Sequence[_Address]:
        try:
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            # It is a name.
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._lookups, _look_up, host, port)


async def _connected(address: _Address) -> socket.socket:
    family, kind, protocol, _, where = address
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, where)
    except BaseException:
        connection.close()
        raise
    return connection


def _look_up(host: str, port: int) -> Sequence[_Address]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _has_ended(connection: socket.socket) -> bool:
    """Whether the other side has hung up without a word."""
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _give_up(task: "asyncio.Task[socket.socket]") -> None:
    task.cancel()
    task.add_done_callback(_hang_up)


def _hang_up(task: "asyncio.Task[socket.socket]") -> None:
    """Close a connection that stood before it was given up."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
