"""The part of the Docker Engine API that Backstaff uses, for all hosts of a fleet."""

import json
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from backstaff.simulator import api_containers, api_execs, api_images, api_logs, api_system
from backstaff.simulator.api_host import daemon_of, host_of
from backstaff.simulator.errors import DockerRefusal, NotModified
from backstaff.simulator.images import RegistryRefusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_VERSION = r"/{version:v\d+\.\d+}"


def engine_api() -> web.Application:
    """The application; the transport of each connection tells its host under `HOST`."""
    app = web.Application(middlewares=[_answering], client_max_size=2**26)
    routes: Mapping[tuple[str, str], Handler] = {
        **api_system.ROUTES,
        **api_containers.ROUTES,
        **api_execs.ROUTES,
        **api_logs.ROUTES,
        **api_images.ROUTES,
    }
    for (method, path), handler in routes.items():
        app.router.add_route(method, path, handler)
        app.router.add_route(method, f"{_VERSION}{path}", handler)
    return app


@web.middleware
async def _answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Counts the call, holds all back while the engine is frozen, tells refusals as Docker does."""
    host_of(request).api_calls += 1
    thawed = daemon_of(request).machine.thawed
    await thawed.wait()
    try:
        response = await handler(request)
    except (DockerRefusal, RegistryRefusal) as refusal:
        response = _refused(refusal.status, refusal.message)
    except NotModified:
        response = web.Response(status=304)
    except web.HTTPNotFound:
        response = _refused(404, "page not found")
    except ConnectionResetError:
        # The client has gone in the middle of an answer. Nobody gets this one; aiohttp would tell a bug.
        return _refused(500, "the client is gone")
    await thawed.wait()
    return response


def _refused(status: int, message: str) -> web.Response:
    body = json.dumps({"message": message}).encode() + b"\n"
    return web.Response(status=status, body=body, headers={"Content-Type": "application/json"})
