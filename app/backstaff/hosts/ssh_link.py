"""An SSH connection together with what asyncssh tells about it: the key shown, the login, the end."""

import asyncio
from dataclasses import dataclass

import asyncssh

from backstaff.hosts.host_keys import HostKeyGuard
from backstaff.hosts.known_hosts import HostKey
from backstaff.hosts.proxy_process import ProxyProcess
from backstaff.hosts.ssh_auth import ShortLogin

_CLOSE_S = 2.0
_LAST_WORDS_S = 1.0
_LOST = "the connection was lost"


class LinkObserver(asyncssh.SSHClient):
    """Listens to one connection: judges its host key, and remembers how far it came and why it ended.

    `proxy` is the proxy command that carries the connection, if one does; `jump` the name of the jump host
    that carries it, and what listens to the connection to that one. `short`: the login is a plain one with
    one key, see `ssh_auth`.
    """

    def __init__(
        self, guard: HostKeyGuard, jump: "tuple[str, LinkObserver] | None" = None, *, short: bool = False
    ) -> None:
        self._guard = guard
        self._jump = jump
        self._short = short
        self._ended = asyncio.Event()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._login: ShortLogin | None = None
        self.proxy: ProxyProcess | None = None
        self._error: Exception | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """The transport is up; the login begins. It may be the second try, after the first one ended."""
        self._connection = conn
        self._login = ShortLogin(conn) if self._short else None
        self._ended.clear()

    @property
    def reached(self) -> bool:
        """Whether somebody was there to talk to. A proxy command is there in any case: the host is only
        once it has said something."""
        if self._connection is None:
            return False
        return self.proxy is None or bool(self._connection.get_extra_info("server_version"))

    def validate_host_public_key(
        self,
        host: str,  # noqa: ARG002 (asyncssh's names)
        addr: str,  # noqa: ARG002
        port: int,  # noqa: ARG002
        key: asyncssh.SSHKey,
    ) -> bool:
        """Asked by asyncssh for a key that known_hosts does not have."""
        return self._guard.judge(host_key(key))

    @property
    def hurried(self) -> bool:
        """Whether the key was proved, and the server has not even said that it may be."""
        return self._login is not None and self._login.hurried

    def begin_auth(self, username: str) -> None:  # noqa: ARG002 (asyncssh's name)
        """The server lets asyncssh log in, and that is about to begin."""
        if self._login is not None:
            self._login.begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self._error = exc
        self._ended.set()

    def auth_completed(self) -> None:
        """The login is done. What the proxy command said on the way is no reason for a later end."""
        if self.proxy:
            self.proxy.forget_said()

    @property
    def end_reason(self) -> str:
        """Why the connection is gone, as far as that is known by now; empty while it is up."""
        if not self.ended:
            return ""
        reason = _end_reason(self._error)
        if self._jump and self._jump[1].ended:
            return f"{_LOST}: its jump host {self._jump[0]} is gone"
        if self.proxy and self.proxy.said and reason.startswith(_LOST):
            return f"{_LOST}: its proxy command said {self.proxy.said[-1]!r}"
        return reason

    async def wait_ended(self) -> str:
        """Return, with the reason, when the connection is gone."""
        await self._ended.wait()
        if self.proxy and not self.proxy.said:
            # Its pipe can be seen to break before its last words have come.
            await self.proxy.exited_within(_LAST_WORDS_S)
        return self.end_reason

    @property
    def ended(self) -> bool:
        """Whether the connection is gone."""
        return self._ended.is_set()


@dataclass(frozen=True)
class Link:
    """A connection that is logged in, and its observer."""

    connection: asyncssh.SSHClientConnection
    observer: LinkObserver


async def close_link(link: Link) -> None:
    """Close a connection, politely for a short time and then at once, and end its proxy command."""
    try:
        link.connection.close()
        async with asyncio.timeout(_CLOSE_S):
            await link.connection.wait_closed()
    except TimeoutError:
        link.connection.abort()
    finally:
        if link.observer.proxy:
            await link.observer.proxy.end()


def host_key(key: asyncssh.SSHKey) -> HostKey:
    """asyncssh's key as known_hosts writes it."""
    return HostKey(key.algorithm.decode(), key.public_data)


def _end_reason(error: Exception | None) -> str:
    if error is None:
        return "the connection was closed"
    reason = error.reason if isinstance(error, asyncssh.DisconnectError) else _words(error)
    if "keepalive" in reason:
        return "the host no longer answers"
    return f"{_LOST}: {reason or type(error).__name__}"


def _words(error: Exception) -> str:
    """What an error says, without its number."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
