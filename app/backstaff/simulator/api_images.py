"""Images in the Engine API."""

import base64
import binascii
import json
from asyncio import Queue
from collections.abc import Mapping

from aiohttp import web

from backstaff.simulator import answers, filters
from backstaff.simulator.api_host import daemon_of, host_of
from backstaff.simulator.faults import Operation
from backstaff.simulator.image_store import Credentials
from backstaff.simulator.images import RegistryRefusal


async def _list(request: web.Request) -> web.StreamResponse:
    wanted = filters.parse(request.query.get("filters", ""))
    found = filters.matching_images(daemon_of(request).images, wanted)
    return web.json_response([answers.image_summary(image) for image in found])


async def _inspect(request: web.Request) -> web.StreamResponse:
    image = daemon_of(request).images.get(request.match_info["name"])
    return web.json_response(answers.image_inspection(image))


async def _pull(request: web.Request) -> web.StreamResponse:
    host, name = host_of(request), request.query.get("fromImage", "")
    await host.reached(Operation.PULL)
    if tag := request.query.get("tag"):
        name = f"{name}:{tag}"
    machine = host.daemon.machine
    credentials = _credentials(request.headers.get("X-Registry-Auth", ""))
    host.daemon.images.wanted(name, credentials)
    messages: Queue[Mapping[str, object] | None] = Queue()
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()

    async def pull() -> None:
        try:
            await host.daemon.pull(name, credentials, messages.put_nowait)
        except RegistryRefusal as refusal:
            said = refusal.message
            messages.put_nowait({"errorDetail": {"message": said}, "error": said})
        finally:
            messages.put_nowait(None)

    # A client that hangs up cancels the pull, as with Docker.
    task = machine.spawn(pull())
    try:
        await response.prepare(request)
        while (message := await messages.get()) is not None:
            await machine.thawed.wait()
            await response.write(json.dumps(message).encode() + b"\r\n")
    finally:
        task.cancel()
    return response


def _credentials(header: str) -> Credentials:
    if not header:
        return Credentials()
    try:
        login = json.loads(base64.urlsafe_b64decode(header))
        return Credentials(str(login.get("username", "")), str(login.get("password", "")))
    except (ValueError, binascii.Error, AttributeError):
        return Credentials()


async def _tag(request: web.Request) -> web.StreamResponse:
    host = host_of(request)
    await host.reached(Operation.TAG)
    repository, tag = request.query.get("repo", ""), request.query.get("tag", "latest")
    host.daemon.images.tag(request.match_info["name"], f"{repository}:{tag}")
    return web.Response(status=201)


async def _remove(request: web.Request) -> web.StreamResponse:
    force = request.query.get("force", "") in {"1", "true", "True"}
    gone = daemon_of(request).images.remove(request.match_info["name"], force=force)
    return web.json_response(gone)


async def _prune(request: web.Request) -> web.StreamResponse:
    host = host_of(request)
    await host.reached(Operation.PRUNE)
    gone = host.daemon.images.prune(filters.parse(request.query.get("filters", "")))
    return web.json_response({"ImagesDeleted": gone or None, "SpaceReclaimed": 0})


ROUTES = {
    ("GET", "/images/json"): _list,
    ("POST", "/images/create"): _pull,
    ("POST", "/images/prune"): _prune,
    ("GET", "/images/{name:.+}/json"): _inspect,
    ("POST", "/images/{name:.+}/tag"): _tag,
    ("DELETE", "/images/{name:.+}"): _remove,
}
