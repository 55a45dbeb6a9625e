"""The way to one host's Docker Engine: opened when first needed, every failure in our own terms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiodocker
import aiohttp

from backstaff.errors import DockerFailed
from backstaff.hosts.docker_advice import advice
from backstaff.hosts.docker_http import DockerHttp
from backstaff.hosts.docker_socket import DockerSocket
from backstaff.hosts.docker_words import in_words

_NO_CONNECTION = 900
_CONNECTIONS = 8
"""Six calls go out at once when a run looks at a host, and a connection that is there already saves each of
them a round trip. What follows a log, and a program in a container, uses a connection up; at the end of a
deploy enough of them are left with these."""


class DockerEngine:
    """Holds the session with the engine."""

    def __init__(self, host: str, socket: DockerSocket) -> None:
        self._host = host
        self._socket = socket
        self._http: DockerHttp | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[DockerHttp]:
        """A session for one call or stream.

        Raises DockerFailed with Docker's words and status, DockerUnavailable when it can not be talked
        to, HostLost when the host is gone. Each names the host.
        """
        try:
            yield await self._opened()
        except aiodocker.DockerError as error:
            if error.status == _NO_CONNECTION:
                raise await self._socket.diagnose(error) from error
            raise self._failed(in_words(error.message, error.status), error.status) from error
        except (aiohttp.ClientError, OSError, EOFError) as error:
            raise await self._socket.diagnose(error) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            first = str(error).partition("\n")[0]
            raise self._failed(f"Docker's answer makes no sense: {first}", 0) from error

    async def close(self) -> None:
        """End the session, with all that is still open, and the socket."""
        http, self._http = self._http, None
        try:
            if http:
                await http.close()
        finally:
            await self._socket.close()

    async def _opened(self) -> DockerHttp:
        async with self._opening:
            if self._http is None:
                self._http = await self._connect()
            return self._http

    async def _connect(self) -> DockerHttp:
        """Over the forwarded socket, and only where that turns out to be forbidden the other way."""
        path = await self._socket.open()
        try:
            return await DockerHttp.connect(path, at_once=_CONNECTIONS)
        except (aiohttp.ClientError, OSError):
            if not await self._socket.fall_back():
                raise
        return await DockerHttp.connect(path)

    def _failed(self, message: str, status: int) -> DockerFailed:
        return DockerFailed(message, status=status, where=self._host, fix=advice(message))
