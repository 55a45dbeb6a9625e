"""TCP connections that are begun while SSH is still being loaded.

To load it takes longer than most hosts need to take a connection and to greet. What is begun here is only
that: nobody is logged in, nothing is said. A connection that fails is made anew by the login that wanted
it, which then tells why.
"""

import asyncio
import socket
from collections.abc import Sequence

from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.hosts.known_hosts import SSH_PORT
from backstaff.hosts.ssh_config import goes_straight
from backstaff.hosts.ssh_settings import config_files, target_of


class Dials:
    """Connections by the address and port that they lead to, each for one login. Belongs to an event loop."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, int], asyncio.Task[socket.socket]] = {}

    def begin(self, names: Sequence[str], ssh: Ssh, sshkit: SshKit) -> None:
        """Begin to connect to hosts of deploy.yml: to those that are reached directly, at the address that is
        written there, and to no more than may be begun at once. Reads the ssh configuration."""
        if ssh.proxy or ssh.proxy_command:
            return
        files = config_files(ssh.config)
        for target in (target_of(name, ssh) for name in names[: max(1, sshkit.max_concurrent_starts)]):
            address = (target.host, target.port or SSH_PORT)
            if address not in self._begun and goes_straight(target.host, files):
                self._begun[address] = asyncio.get_running_loop().create_task(_dial(*address))

    async def take(self, host: str, port: int) -> socket.socket | None:
        """The connection that was begun, once it stands, for the caller to close; None if there is none."""
        task = self._begun.pop((host, port), None)
        if task is None:
            return None
        try:
            return await task
        except OSError:
            return None

    def close(self) -> None:
        """Give up what nobody has taken."""
        while self._begun:
            _, task = self._begun.popitem()
            task.cancel()
            task.add_done_callback(_hang_up)


async def _dial(host: str, port: int) -> socket.socket:
    """A connection to the first of the host's addresses that takes one. Raises OSError."""
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            await loop.sock_connect(connection, address)
        except OSError as error:
            connection.close()
            failure = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise failure or OSError(f"{host} has no address")


def _hang_up(task: "asyncio.Task[socket.socket]") -> None:
    """Close a connection that stood before it was given up."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
