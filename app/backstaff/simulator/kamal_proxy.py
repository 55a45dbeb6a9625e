"""The program `kamal-proxy`: `run` is the server, everything else a client that talks to it."""

import asyncio
from collections.abc import Awaitable, Callable

from backstaff.clock import Seconds
from backstaff.simulator.process import Process
from backstaff.simulator.proxy_options import Arguments, ProxyRefusal, deploy_options, parse
from backstaff.simulator.proxy_server import ProxyServer

SOCKET = "/tmp/kamal-proxy.sock"  # noqa: S108 (a name inside the simulated container)
_OPENS_AFTER: Seconds = 0.05


async def kamal_proxy(process: Process) -> int:
    """Run a command of kamal-proxy."""
    command, words = (process.argv[1:2] or ("",))[0], process.argv[2:]
    try:
        arguments = parse(words)
        if command == "run":
            return await _run(process)
        return await _call(process, command, arguments)
    except ProxyRefusal as refusal:
        process.say(f"Error: {refusal}", "stderr")
        return 1


async def _run(process: Process) -> int:
    server = ProxyServer(process)
    await process.clock.sleep(_OPENS_AFTER)
    process.inside.sockets[SOCKET] = server
    server.log("Server started", http=":80", https=":443")
    await process.terminated.wait()
    server.log("Server stopping")
    return 0


async def _call(process: Process, command: str, arguments: Arguments) -> int:
    if command not in _COMMANDS:
        raise ProxyRefusal(f'unknown command "{command}" for "kamal-proxy"')
    server = process.inside.sockets.get(SOCKET)
    if not isinstance(server, ProxyServer):
        raise ProxyRefusal(f"dial unix {SOCKET}: connect: no such file or directory")
    answered = asyncio.Event()
    refusals: list[ProxyRefusal] = []

    async def answer() -> None:
        try:
            process.write("stdout", (await _COMMANDS[command](server, arguments)).encode())
        except ProxyRefusal as refusal:
            refusals.append(refusal)
        except asyncio.CancelledError:
            refusals.append(ProxyRefusal("EOF"))
            raise
        finally:
            answered.set()

    # The server carries a command out to its end, whether its client is still there or not.
    process.inside.spawn(answer())
    await answered.wait()
    if refusals:
        raise refusals[0]
    return 0


async def _deploy(server: ProxyServer, arguments: Arguments) -> str:
    service, targets = arguments.service, arguments.items("target")
    if not targets:
        raise ProxyRefusal('required flag(s) "target" not set')
    await server.deploy(service, targets[0], deploy_options(arguments))
    return ""


async def _list(server: ProxyServer, _: Arguments) -> str:
    return server.table()


async def _remove(server: ProxyServer, arguments: Arguments) -> str:
    await server.remove(arguments.service)
    return ""


async def _stop(server: ProxyServer, arguments: Arguments) -> str:
    await server.halt(arguments.service, "stopped", arguments.duration("drain-timeout"))
    return ""


async def _pause(server: ProxyServer, arguments: Arguments) -> str:
    await server.halt(arguments.service, "paused", arguments.duration("drain-timeout"))
    return ""


async def _resume(server: ProxyServer, arguments: Arguments) -> str:
    server.resume(arguments.service)
    return ""


_COMMANDS: dict[str, Callable[[ProxyServer, Arguments], Awaitable[str]]] = {
    "deploy": _deploy,
    "list": _list,
    "ls": _list,
    "remove": _remove,
    "rm": _remove,
    "stop": _stop,
    "pause": _pause,
    "resume": _resume,
}
