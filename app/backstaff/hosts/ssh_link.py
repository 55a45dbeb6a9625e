"""An SSH connection together with what asyncssh tells about it: the key shown, the login, the end."""

import asyncio

import asyncssh

from backstaff.hosts.host_keys import HostKeyGuard
from backstaff.hosts.known_hosts import HostKey


class LinkObserver(asyncssh.SSHClient):
    """Listens to one connection: judges its host key, and remembers how far it came and why it ended."""

    def __init__(self, guard: HostKeyGuard) -> None:
        self._guard = guard
        self._ended = asyncio.Event()
        self.reached = False
        self.end_reason = ""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:  # noqa: ARG002 (asyncssh's)
        """The transport is up; the login begins."""
        self.reached = True

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 (asyncssh's names)
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        """Asked by asyncssh for a key that known_hosts does not have."""
        return self._guard.judge(host_key(key))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self.end_reason = _end_reason(exc)
        self._ended.set()

    async def wait_ended(self) -> str:
        """Return, with the reason, when the connection is gone."""
        await self._ended.wait()
        return self.end_reason

    @property
    def ended(self) -> bool:
        """Whether the connection is gone."""
        return self._ended.is_set()


def host_key(key: asyncssh.SSHKey) -> HostKey:
    """asyncssh's key as known_hosts writes it."""
    return HostKey(key.algorithm.decode(), key.public_data)


def _end_reason(error: Exception | None) -> str:
    if error is None:
        return "the connection was closed"
    reason = error.reason if isinstance(error, asyncssh.DisconnectError) else str(error)
    if "keepalive" in reason:
        return "the host no longer answers"
    return f"the connection was lost: {reason or type(error).__name__}"
