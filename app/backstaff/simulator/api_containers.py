"""Containers, their logs, and programs inside them, in the Engine API."""

import secrets
import struct
from asyncio import Queue
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from backstaff.simulator import answers, filters
from backstaff.simulator.api_host import ApiHost, daemon_of, host_of
from backstaff.simulator.containers import Container, Execution
from backstaff.simulator.errors import DockerRefusal, NotModified
from backstaff.simulator.faults import Operation
from backstaff.simulator.logs import Entry
from backstaff.simulator.times import rfc3339

_STREAMS = {"stdout": 1, "stderr": 2}
_TRUE = frozenset({"1", "true", "True"})
_NS = 1_000_000_000


async def _list(request: web.Request) -> web.StreamResponse:
    daemon = daemon_of(request)
    wanted = filters.parse(request.query.get("filters", ""))
    found = daemon.listed(wanted)
    if request.query.get("all", "") not in _TRUE and "status" not in wanted:
        found = [container for container in found if container.active]
    now = daemon.machine.stamps.next()
    return web.json_response([answers.summary(container, now) for container in found])


async def _inspect(request: web.Request) -> web.StreamResponse:
    return web.json_response(answers.inspection(_container(request)))


async def _start(request: web.Request) -> web.StreamResponse:
    host = host_of(request)
    await host.reached(Operation.START)
    host.daemon.start(request.match_info["id"])
    return web.Response(status=204)


async def _stop(request: web.Request) -> web.StreamResponse:
    host = host_of(request)
    await host.reached(Operation.STOP)
    grace = request.query.get("t")
    await _container(request).stop(int(grace) if grace is not None else None)
    return web.Response(status=204)


async def _kill(request: web.Request) -> web.StreamResponse:
    await _container(request).kill()
    return web.Response(status=204)


async def _restart(request: web.Request) -> web.StreamResponse:
    container, grace = _container(request), request.query.get("t")
    with suppress(NotModified):
        await container.stop(int(grace) if grace is not None else None)
    daemon_of(request).start(container.id)
    return web.Response(status=204)


async def _rename(request: web.Request) -> web.StreamResponse:
    host = host_of(request)
    await host.reached(Operation.RENAME)
    host.daemon.rename(request.match_info["id"], request.query.get("name", ""))
    return web.Response(status=204)


async def _remove(request: web.Request) -> web.StreamResponse:
    host = host_of(request)
    await host.reached(Operation.REMOVE)
    await host.daemon.remove(request.match_info["id"], force=request.query.get("force", "") in _TRUE)
    return web.Response(status=204)


async def _wait(request: web.Request) -> web.StreamResponse:
    return web.json_response({"StatusCode": await _container(request).wait()})


async def _logs(request: web.Request) -> web.StreamResponse:
    container, query = _container(request), request.query
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


@dataclass
class _Exec:
    container: Container
    execution: Execution
    output: "Queue[bytes | None]"
    started: bool = False
    exit_code: int | None = None


class _Execs:
    """The programs that were started in a host's containers, by id."""

    def __init__(self) -> None:
        self.known: dict[str, _Exec] = {}


_EXECS: "dict[ApiHost, _Execs]" = {}


async def _create_exec(request: web.Request) -> web.StreamResponse:
    host, container, body = host_of(request), _container(request), await request.json()
    argv = tuple(body.get("Cmd") or ())
    if not argv:
        raise DockerRefusal(400, "No exec command specified")
    if not container.state.running:
        raise DockerRefusal(409, f"Container {container.id} is not running")
    output: Queue[bytes | None] = Queue()
    execution = container.prepare(argv, lambda stream, data: output.put_nowait(frame(stream, data)))
    host.execs[execution.id] = _Exec(container, execution, output)
    return web.json_response({"Id": execution.id}, status=201)
