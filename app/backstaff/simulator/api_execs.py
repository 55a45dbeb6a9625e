"""Programs inside containers, in the Engine API."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from backstaff.simulator.api_host import daemon_of, host_of
from backstaff.simulator.api_logs import frame
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.execs import Exec
from backstaff.simulator.faults import Operation

_PROXY_OPERATIONS = {
    "kamal-proxy deploy": Operation.PROXY_DEPLOY,
    "kamal-proxy list": Operation.PROXY_LIST,
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore")

    argv: tuple[str, ...] = Field((), alias="Cmd")


async def _create(request: web.Request) -> web.StreamResponse:
    daemon = daemon_of(request)
    container = daemon.for_exec(request.match_info["id"])
    argv = _Request.model_validate_json(await request.read()).argv
    if not argv:
        raise DockerRefusal(400, "No exec command specified")
    created = daemon.execs.prepare(container, argv)
    return web.json_response({"Id": created.execution.id}, status=201)


async def _start(request: web.Request) -> web.StreamResponse:
    host, found = host_of(request), _exec(request)
    if not found.container.state.running:
        # With its end, what was to be run in it is forgotten.
        raise DockerRefusal(404, f"No such exec instance: {found.execution.id}")
    argv = found.execution.argv
    operation = _PROXY_OPERATIONS.get(" ".join(argv[:2]))
    if operation is not None:
        await host.reached(operation)
    response = web.StreamResponse(headers={"Content-Type": "application/vnd.docker.raw-stream"})
    await response.prepare(request)
    host.daemon.machine.spawn(found.run())
    while (piece := await found.output.get()) is not None:
        await host.daemon.machine.thawed.wait()
        await response.write(frame(*piece))
    await host.daemon.machine.thawed.wait()
    return response


async def _inspect(request: web.Request) -> web.StreamResponse:
    found = _exec(request)
    return web.json_response(
        {
            "ID": found.execution.id,
            "Running": found.running,
            "ExitCode": found.exit_code,
            "ContainerID": found.container.id,
            "ProcessConfig": {
                "tty": False,
                "entrypoint": found.execution.argv[0],
                "arguments": list(found.execution.argv[1:]),
                "privileged": False,
            },
            "OpenStdin": False,
            "OpenStdout": True,
            "OpenStderr": True,
            "CanRemove": False,
            "DetachKeys": "",
            "Pid": 4243 if found.running else 0,
        }
    )


def _exec(request: web.Request) -> Exec:
    exec_id = request.match_info["id"]
    found = daemon_of(request).execs.find(exec_id)
    if found is None:
        raise DockerRefusal(404, f"No such exec instance: {exec_id}")
    return found


ROUTES = {
    ("POST", "/containers/{id}/exec"): _create,
    ("POST", "/exec/{id}/start"): _start,
    ("GET", "/exec/{id}/json"): _inspect,
}
