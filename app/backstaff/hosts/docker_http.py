"""Requests to a Docker Engine over a unix socket: API version, bounded answers, errors in our terms."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import aiodocker
import aiohttp
from pydantic import TypeAdapter

from backstaff.hosts.docker_records import Version

LARGEST_ANSWER = 64 * 1024 * 1024
# An older engine prunes images whatever their labels are, and so those of other services too.
_OLDEST_API = (1, 29)
_OLDEST_DOCKER = "17.05"
# The newest API whose answers are known to be read right; Docker serves older ones for years.
_NEWEST_API = (1, 51)
_AS_JSON = {"Content-Type": "application/json"}
_NOT_MODIFIED = 304
_DONE = {201, 204, _NOT_MODIFIED}
_ENDLESS = aiohttp.ClientTimeout(total=None)
_JSON: TypeAdapter[object] = TypeAdapter(object)
_API_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")


class NoSharedApi(Exception):
    """An engine that speaks no version of its API that we do; `fix` is what helps."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


class BoundedResponse(aiohttp.ClientResponse):
    """An answer that is not read beyond `LARGEST_ANSWER` bytes, whatever the other end sends."""

    async def read(self) -> bytes:
        """The whole body; ValueError if it is too large."""
        if self._body is None:
            try:
                self._body = await self._read_bounded()
            except BaseException:
                self.close()
                raise
        return await super().read()

    async def _read_bounded(self) -> bytes:
        body = bytearray()
        async for chunk in self.content.iter_any():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise ValueError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        return bytes(body)


class DockerHttp:
    """A session with one engine. `api` gives the plain calls, `ask` and `order` those whose answers it does
    not look at closely, `stream` the endless ones, `knock` only whether it takes connections."""

    def __init__(self, api: aiodocker.Docker, version: Version, socket: Path) -> None:
        self.api = api
        self.version = version
        self._socket = socket

    @classmethod
    async def connect(cls, socket: Path, *, at_once: int = 1) -> "DockerHttp":
        """Open a session with so many connections and agree on an API version. Raises NoSharedApi, and what
        aiohttp and aiodocker raise."""
        connector = aiohttp.UnixConnector(str(socket))
        session = _session(connector)
        # The host in the address means nothing on a unix socket.
        api = aiodocker.Docker(url="unix://localhost", connector=connector, session=session)
        try:
            version = await _asked(session, api, at_once)
            api.api_version = agreed_version(version)
        except BaseException:
            await session.close()
            raise
        return cls(api, version, socket)

    async def knock(self) -> None:
        """Return when the engine has answered over a new connection.

        An engine that is being shut down still answers on the connections it has, but takes no new ones.
        """
        connector = aiohttp.UnixConnector(str(self._socket), force_close=True)
        async with _session(connector) as session, session.get(self._url("_ping")) as response:
            if (await response.read()).strip() != b"OK":
                raise ValueError("it is no answer to a ping")

    async def ask(self, method: str, path: str, *, params: Mapping[str, str] | None = None) -> bytes:
        """The whole of an answer."""
        async with self._request(method, path, params) as response:
            return await response.read()

    async def order(self, method: str, path: str, *, params: Mapping[str, str] | None = None) -> None:
        """Have something done, of which an engine says no more than that it is. ValueError if it does not."""
        async with self._request(method, path, params) as response:
            said = await response.read()
            if response.status not in _DONE or said:
                raise ValueError(f"it does not say that it was done (HTTP {response.status})")

    def _request(
        self, method: str, path: str, params: Mapping[str, str] | None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self.api.session.request(method, self._url(path), params=params, headers=_AS_JSON)

    async def close(self) -> None:
        """End the session with every request that is still open."""
        await self.api.session.close()

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer to be read piece by piece; leaving the context closes it."""
        async with self.api.session.request(
            method, self._url(path), params=params, headers=headers, json=body, timeout=_ENDLESS
        ) as response:
            try:
                yield response
            finally:
                # Anything unread belongs to an endless answer: never wait for its end.
                response.close()

    def _url(self, path: str) -> str:
        return f"{self.api.docker_host}/{self.api.api_version}/{path}"


def _session(connector: aiohttp.UnixConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        timeout=_ENDLESS,
        response_class=BoundedResponse,
        read_bufsize=64 * 1024,
        raise_for_status=_refuse,
    )


async def _refuse(response: aiohttp.ClientResponse) -> None:
    """Look at an answer before anybody takes it for what was asked for. Raises aiodocker.DockerError with the
    words that come with an error, ValueError for what no engine answers."""
    if response.status >= 400:
        raise aiodocker.DockerError(response.status, _message(await response.read()))
    if not (200 <= response.status < 300 or response.status == _NOT_MODIFIED):
        raise ValueError(f"its HTTP status is {response.status}")
    if response.content_type == "text/html":
        raise ValueError("it is a web page")


async def _asked(session: aiohttp.ClientSession, api: aiodocker.Docker, at_once: int) -> Version:
    """The engine's version, asked for over one of so many connections, which stay open for what comes next.

    Over the others it is only pinged: to tell its version an engine starts programs of its own."""
    async with asyncio.TaskGroup() as connections:
        pings = [connections.create_task(_ping(session, api)) for _ in range(at_once - 1)]
        answer = await _version(session, api)
        if isinstance(answer, Exception):
            for ping in pings:
                ping.cancel()
    if isinstance(answer, Exception):
        raise answer
    return answer


async def _version(session: aiohttp.ClientSession, api: aiodocker.Docker) -> Version | Exception:
    """The answer, or what came instead: returned, so that it comes out as it is and not in a group."""
    try:
        async with session.get(f"{api.docker_host}/version") as response:
            return Version.model_validate_json(await response.read())
    except (aiohttp.ClientError, aiodocker.DockerError, OSError, ValueError) as error:
        return error


async def _ping(session: aiohttp.ClientSession, api: aiodocker.Docker) -> None:
    """Open a connection. One that fails is opened again by the first call that needs it, which then tells."""
    with suppress(aiohttp.ClientError, aiodocker.DockerError, OSError, ValueError):
        async with session.get(f"{api.docker_host}/_ping") as response:
            await response.read()


def agreed_version(version: Version) -> str:
    """The API version to use: the engine's own, or the newest that we know if it still speaks that. Raises
    NoSharedApi where there is none that both can use, and ValueError for what no engine says."""
    own = _numbers(version.api_version)
    least = _numbers(version.min_api_version or "0.0")
    if least > own:
        raise ValueError(f"its newest API version is {_dotted(own)} and its oldest {_dotted(least)}")
    if own < _OLDEST_API:
        raise NoSharedApi(
            f"Docker speaks its API only up to version {_dotted(own)}, and Backstaff {_dotted(_OLDEST_API)} "
            "and newer",
            f"update Docker there to {_OLDEST_DOCKER} or newer",
        )
    if least > _NEWEST_API:
        raise NoSharedApi(
            f"Docker speaks its API only from version {_dotted(least)} on, and Backstaff up to "
            f"{_dotted(_NEWEST_API)}",
            "update Backstaff, or use an older Docker there",
        )
    return f"v{_dotted(min(own, _NEWEST_API))}"


def filters(**values: list[str]) -> str:
    """Filters in the form of the API."""
    return json.dumps(values)


def label_filter(labels: Mapping[str, str]) -> list[str]:
    """Labels as one filter: all of them must match."""
    return [f"{key}={value}" for key, value in labels.items()]


def _numbers(version: str) -> tuple[int, int]:
    numbers = _API_VERSION.fullmatch(version)
    if numbers is None:
        raise ValueError(f"its API version is {version[:20]!r}")
    return int(numbers[1]), int(numbers[2])


def _dotted(numbers: tuple[int, int]) -> str:
    return f"{numbers[0]}.{numbers[1]}"


def _message(body: bytes) -> str:
    """The reason in an answer that is an error; empty where none is given."""
    text = body.decode("utf-8", "replace").strip()
    try:
        said = _JSON.validate_json(text)
    except ValueError:
        return text
    message = said.get("message") if isinstance(said, dict) else None
    return message if isinstance(message, str) else ""
