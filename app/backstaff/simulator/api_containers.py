"""Containers in the Engine API."""

from contextlib import suppress

from aiohttp import web

from backstaff.simulator import answers, filters
from backstaff.simulator.api_host import daemon_of, host_of
from backstaff.simulator.containers import Container
from backstaff.simulator.errors import NotModified
from backstaff.simulator.faults import Operation

_TRUE = frozenset({"1", "true", "True"})


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
    stopping = _container(request).stop(int(grace) if grace is not None else None)
    await host.daemon.machine.regardless(stopping)
    return web.Response(status=204)


async def _kill(request: web.Request) -> web.StreamResponse:
    await daemon_of(request).kill(request.match_info["id"])
    return web.Response(status=204)


async def _pause(request: web.Request) -> web.StreamResponse:
    _container(request).pause()
    return web.Response(status=204)


async def _unpause(request: web.Request) -> web.StreamResponse:
    _container(request).unpause()
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


def _container(request: web.Request) -> Container:
    return daemon_of(request).get(request.match_info["id"])


ROUTES = {
    ("GET", "/containers/json"): _list,
    ("GET", "/containers/{id}/json"): _inspect,
    ("POST", "/containers/{id}/start"): _start,
    ("POST", "/containers/{id}/stop"): _stop,
    ("POST", "/containers/{id}/kill"): _kill,
    ("POST", "/containers/{id}/pause"): _pause,
    ("POST", "/containers/{id}/unpause"): _unpause,
    ("POST", "/containers/{id}/restart"): _restart,
    ("POST", "/containers/{id}/rename"): _rename,
    ("POST", "/containers/{id}/wait"): _wait,
    ("DELETE", "/containers/{id}"): _remove,
}
