"""The engine itself: ping, version, info, events, networks."""

import json

from aiohttp import web

from backstaff.simulator import answers, filters
from backstaff.simulator.api_host import daemon_of
from backstaff.simulator.daemon import API_VERSION, MIN_API_VERSION, VERSION
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.events import Event


async def _ping(_: web.Request) -> web.StreamResponse:
    return web.Response(text="OK", headers={"Api-Version": API_VERSION, "OSType": "linux"})


async def _version(_: web.Request) -> web.StreamResponse:
    return web.json_response(
        {
            "Platform": {"Name": ""},
            "Version": VERSION,
            "ApiVersion": API_VERSION,
            "MinAPIVersion": MIN_API_VERSION,
            "Os": "linux",
            "Arch": "amd64",
        }
    )


async def _info(request: web.Request) -> web.StreamResponse:
    return web.json_response(answers.info(daemon_of(request)))


async def _events(request: web.Request) -> web.StreamResponse:
    wanted = filters.parse(request.query.get("filters", ""))
    machine = daemon_of(request).machine
    queue = machine.events.subscribe()
    try:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        while (event := await queue.get()) is not None:
            await machine.thawed.wait()
            if _passes(event, wanted):
                await response.write(json.dumps(event.to_json()).encode() + b"\n")
    finally:
        machine.events.unsubscribe(queue)
    return response


def _passes(event: Event, wanted: filters.Filters) -> bool:
    values = {
        "type": event.kind,
        "event": event.action.partition(":")[0],
        "container": event.attributes.get("name", ""),
    }
    for name, accepted in wanted.items():
        if name == "label" and not filters.has_labels(event.attributes, accepted):
            return False
        if name in values and accepted and values[name] not in accepted:
            return False
    return True


async def _network(request: web.Request) -> web.StreamResponse:
    name, id_ = daemon_of(request).network(request.match_info["name"])
    return web.json_response({"Name": name, "Id": id_, "Driver": "bridge", "Scope": "local"})


async def _networks(request: web.Request) -> web.StreamResponse:
    known = daemon_of(request).networks.items()
    return web.json_response([{"Name": name, "Id": id_, "Driver": "bridge"} for name, id_ in known])


async def _create_network(request: web.Request) -> web.StreamResponse:
    body: object = await request.json()
    name = body.get("Name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not name:
        raise DockerRefusal(400, "invalid argument: network name is required")
    id_ = daemon_of(request).create_network(name)
    return web.json_response({"Id": id_, "Warning": ""}, status=201)


ROUTES = {
    ("GET", "/_ping"): _ping,
    ("HEAD", "/_ping"): _ping,
    ("GET", "/version"): _version,
    ("GET", "/info"): _info,
    ("GET", "/events"): _events,
    ("GET", "/networks"): _networks,
    ("GET", "/networks/{name}"): _network,
    ("POST", "/networks/create"): _create_network,
}
