"""A local socket relayed by `docker system dial-stdio` on the host, for where sshd forbids forwarding."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from backstaff.errors import BackstaffError
from backstaff.hosts.ssh_link import Link, close_link

_COMMAND = "docker system dial-stdio"
_CHUNK = 64 * 1024
# Every connection is a session of sshd (10 for each login by default), next to the commands that run.
_BESIDE_COMMANDS = 2
_ON_ITS_OWN = 8
_MOST_LOGINS = 5


@dataclass
class _Login:
    link: Link
    room: int
    used: int = 0

    @property
    def free(self) -> bool:
        return self.used < self.room and not self.link.observer.ended


@dataclass
class DialStdioRelay:
    """Relays connections; logs in to the host again whenever one login's sessions are used up."""

    first: Link
    another: Callable[[], Awaitable[Link]]
    _logins: list[_Login] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self, path: Path) -> None:
        """Listen on a unix socket."""
        self._logins = [_Login(self.first, _BESIDE_COMMANDS)]
        self._server = await asyncio.start_unix_server(self._relay, path)

    async def stop(self) -> None:
        """Stop listening, end all relayed connections and the further logins."""
        if self._server:
            self._server.close()
        for writer in self._open:
            writer.close()
        async with asyncio.TaskGroup() as closing:
            for login in self._logins[1:]:
                closing.create_task(close_link(login.link))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            login = await self._reserve()
            try:
                await _pump(login.link.connection, reader, writer)
            finally:
                login.used -= 1
        except (asyncssh.Error, BackstaffError, OSError):
            # The client sees its connection end, and asks the host why.
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def _reserve(self) -> _Login:
        async with self._lock:
            login = next((login for login in self._logins if login.free), None)
            if login is None:
                if len(self._logins) >= _MOST_LOGINS:
                    raise ConnectionRefusedError("too many connections to Docker at once")
                login = _Login(await self.another(), _ON_ITS_OWN)
                self._logins.append(login)
            login.used += 1
            return login


async def _pump(
    connection: asyncssh.SSHClientConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    process = await connection.create_process(_COMMAND, encoding=None, stderr=asyncssh.DEVNULL)

    async def up() -> None:
        try:
            while data := await reader.read(_CHUNK):
                process.stdin.write(data)
                await process.stdin.drain()
        except (asyncssh.Error, OSError):
            return
        finally:
            process.close()

    async def down() -> None:
        try:
            while data := await process.stdout.read(_CHUNK):
                writer.write(data)
                await writer.drain()
        except (asyncssh.Error, OSError):
            return
        finally:
            writer.close()

    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(up())
            both.create_task(down())
    finally:
        process.close()
