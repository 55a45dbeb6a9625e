"""The way to one host's Docker Engine: opened when first needed, every failure in our own terms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiodocker
import aiohttp

from backstaff.errors import DockerFailed, DockerUnavailable, HostLost
from backstaff.hosts import docker_socket
from backstaff.hosts.docker_advice import advice
from backstaff.hosts.docker_http import DockerHttp, NoSharedApi
from backstaff.hosts.docker_nonsense import broken_off, is_nonsense, nonsense
from backstaff.hosts.docker_socket import DockerSocket
from backstaff.hosts.docker_words import LONGEST, in_words, is_dockers

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
    async def calling(self, command: str) -> AsyncIterator[DockerHttp]:
        """A session for one call or stream; `command` is what asks the same of Docker at a prompt.

        Raises DockerFailed with Docker's words and status, or with what is wrong with an answer that is not
        Docker's; DockerUnavailable when it can not be talked to, HostLost when the host is gone. Each names
        the host.
        """
        try:
            yield await self._opened()
        except NoSharedApi as error:
            raise DockerUnavailable(str(error), where=self._host, fix=error.fix) from error
        except aiodocker.DockerError as error:
            if error.status == _NO_CONNECTION:
                raise await self._unreachable(error.__context__ or error) from error
            raise self._refused(error.message, error.status) from error
        except (aiohttp.ClientError, OSError, EOFError) as error:
            if is_nonsense(error):
                raise self._puzzled(command, error) from error
            raise await self._unreachable(error) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._puzzled(command, error) from error

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

    async def _unreachable(self, error: BaseException) -> DockerUnavailable | HostLost:
        return await self._socket.diagnose(broken_off(error))

    def _refused(self, message: str, status: int) -> DockerFailed:
        if is_dockers(message):
            return DockerFailed(message[:LONGEST], status=status, where=self._host, fix=advice(message))
        return DockerFailed(in_words(message, status), status=0, where=self._host, fix=self._look)

    def _puzzled(self, command: str, error: Exception) -> DockerFailed:
        what = f"Docker's answer to `{command}` makes no sense: {nonsense(error)}"
        return DockerFailed(what, status=0, where=self._host, fix=self._look)

    @property
    def _look(self) -> str:
        asked = f"see with `docker version` on {self._host}"
        return f"{asked} what answers on {docker_socket.REMOTE_SOCKET}: Docker, or something before it?"
