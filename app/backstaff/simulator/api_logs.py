"""What containers wrote, in the Engine API."""

import struct

from aiohttp import web

from backstaff.simulator.api_host import daemon_of
from backstaff.simulator.containers import Container
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.logs import Entry
from backstaff.simulator.times import rfc3339

_STREAMS = {"stdout": 1, "stderr": 2}
_TRUE = frozenset({"1", "true", "True"})
_NS = 1_000_000_000


async def _logs(request: web.Request) -> web.StreamResponse:
    container, query = daemon_of(request).get(request.match_info["id"]), request.query
    if not query.keys() & {"stdout", "stderr"}:
        raise DockerRefusal(400, "Bad parameters: you must choose at least one stream")
    streams = {name for name in _STREAMS if query.get(name, "") in _TRUE}
    follows = query.get("follow", "") in _TRUE and container.active
    queue = container.log.follow() if follows else None
    written = container.log.select(since=_since(query.get("since", "")), tail=_tail(query.get("tail", "")))
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.enable_chunked_encoding()
    timestamps = query.get("timestamps", "") in _TRUE
    try:
        await response.prepare(request)
        for entry in written:
            if entry.stream in streams:
                await response.write(_framed(container, entry, timestamps=timestamps))
        while queue is not None and (fresh := await queue.get()) is not None:
            await container.machine.thawed.wait()
            if fresh.stream in streams:
                await response.write(_framed(container, fresh, timestamps=timestamps))
    finally:
        if queue is not None:
            container.log.unfollow(queue)
    return response


def _framed(container: Container, entry: Entry, *, timestamps: bool) -> bytes:
    data = f"{rfc3339(entry.at)} ".encode() + entry.data if timestamps else entry.data
    return data if container.wanted.tty else frame(entry.stream, data)


def frame(stream: str, data: bytes) -> bytes:
    """A message in Docker's form for several streams in one."""
    return struct.pack(">BxxxL", _STREAMS[stream], len(data)) + data


def _since(text: str) -> int:
    if not text:
        return 0
    whole, _, fraction = text.partition(".")
    return int(whole) * _NS + int(fraction[:9].ljust(9, "0"))


def _tail(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


ROUTES = {("GET", "/containers/{id}/logs"): _logs}
