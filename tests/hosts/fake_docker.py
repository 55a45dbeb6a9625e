"""The smallest Docker Engine that can misbehave: answers are whatever a test says."""

import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _ok(_: web.Request) -> web.StreamResponse:
    return web.Response(text="OK")


@dataclass
class FakeDocker:
    """Answers `METHOD /path` without the version prefix; all else but a ping is a 404 in Docker's form."""

    answers: dict[str, Handler] = field(default_factory=lambda: {"GET /_ping": _ok})
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[object] = field(default_factory=list)
    connections: list[object] = field(default_factory=list)
    """The connection that each request came over."""
    close_door: Callable[[], Awaitable[None]] | None = None
    """Take no new connections, as when it is shut down; those there are go on."""
    version: dict[str, object] = field(
        default_factory=lambda: {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}
    )

    ping: Handler = _ok
    """What is done with a ping when a session is opened."""

    def says(self, request: str, body: object, *, status: int = 200) -> None:
        """Answer a request with JSON."""

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.json_response(body, status=status)

        self.answers[request] = answer

    def streams(self, request: str, chunks: Iterable[bytes], *, then_break: bool = False) -> None:
        """Answer a request with chunks, and end it properly or break the connection."""

        async def answer(received: web.Request) -> web.StreamResponse:
            response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
            await response.prepare(received)
            for chunk in chunks:
                await response.write(chunk)
            if then_break and received.transport:
                received.transport.abort()
            return response

        self.answers[request] = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Every request comes here."""
        self.requests.append(request)
        self.connections.append(request.protocol)
        self.bodies.append(await request.json() if request.can_read_body else None)
        if request.path == "/version":
            return web.json_response(self.version)
        if request.path == "/_ping":
            return await self.ping(request)
        path = "/" + request.path.split("/", 2)[2]
        if answer := self.answers.get(f"{request.method} {path}"):
            return await answer(request)
        return web.json_response({"message": f"no such thing: {path}"}, status=404)


@asynccontextmanager
async def fake_docker(path: Path) -> AsyncIterator[FakeDocker]:
    """Listen on a unix socket."""
    docker = FakeDocker()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", docker.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.UnixSite(runner, str(path))
    await site.start()
    docker.close_door = site.stop
    try:
        yield docker
    finally:
        await runner.cleanup()


def frame(stream: int, payload: bytes) -> bytes:
    """A message in a multiplexed stream; 1 is stdout, 2 stderr."""
    return struct.pack(">BxxxL", stream, len(payload)) + payload


def json_line(**values: object) -> bytes:
    """One object of a stream of JSON."""
    return json.dumps(values).encode() + b"\r\n"
