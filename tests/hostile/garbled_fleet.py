"""Simulated hosts of which one answers requests of one kind with garbage, and all others as it should."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from aiohttp import web
from aiohttp.typedefs import Handler

from backstaff.simulator.api_host import daemon_of

Garbage = Callable[[web.Request], Awaitable[web.StreamResponse]]

LIST = r"GET .*/containers/json"
INSPECT = r"GET .*/containers/[^/]+/json"
LOGS = r"GET .*/containers/[^/]+/logs"
START = r"POST .*/containers/[^/]+/start"
STOP = r"POST .*/containers/[^/]+/stop"
PREPARE = r"POST .*/containers/[^/]+/exec"
EXECUTE = r"POST .*/exec/[^/]+/start"
IMAGE = r"GET .*/images/.+/json"
IMAGES = r"GET .*/images/json"
PULL = r"POST .*/images/create"
TAG = r"POST .*/images/.+/tag"
EVENTS = r"GET .*/events"
INFO = r"GET .*/info"
VERSION = r"GET /version"


@dataclass
class Garbling:
    """Which requests to `host` are answered how; None while all is well. `asked` counts them."""

    host: str
    requests: str = ""
    garbage: Garbage | None = None
    asked: int = 0

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request with garbage, or let `handler` do it."""
        concerned = re.fullmatch(self.requests, f"{request.method} {request.path}")
        if self.garbage is None or not concerned or daemon_of(request).machine.name != self.host:
            return await handler(request)
        self.asked += 1
        return await self.garbage(request)


async def a_page(_: web.Request) -> web.StreamResponse:
    """As a proxy in front of Docker that does not reach it."""
    text = "<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    return web.Response(status=502, text=text, content_type="text/html")


async def noise(request: web.Request) -> web.StreamResponse:
    """Bytes that are no HTTP, and an end."""
    if request.transport is not None:
        request.transport.write(b"\x00\x01 noise \xff\r\n" * 100)
        request.transport.close()
    return web.Response()


async def other_json(_: web.Request) -> web.StreamResponse:
    """JSON with words of Docker's in it, each with a value that it never has."""
    return web.json_response({"Id": [], "status": 7, "Action": None, "SystemTime": "yesterday"})


def engine(own: str, least: str) -> Garbage:
    """A version of Docker's, with an API from `least` up to `own`."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response({"Version": "x", "ApiVersion": own, "MinAPIVersion": least})

    return answer


async def emptiness(_: web.Request) -> web.StreamResponse:
    """An answer that says nothing."""
    return web.Response()


async def endless_json(request: web.Request) -> web.StreamResponse:
    """An object without an end."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b'{"status": [' * 8192)


async def silence(_: web.Request) -> NoReturn:
    """No answer."""
    await asyncio.Event().wait()
    raise AssertionError
