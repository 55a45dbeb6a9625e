"""The scripted application. Its first argument, else APP_MODE, tells what it does; nothing means healthy.

healthy         listens on PORT (80) and answers GET /up with 200
slow:N          the same, after N seconds
unhealthy       answers GET /up with 500
missing         answers GET /up with 404
wrong-port      listens on 8123
hang            accepts connections and never answers
ignore-term     healthy, but only SIGKILL ends it
crash:N         prints why and ends with 1 after N seconds, without ever listening
crash-later:N   healthy, and does that after N seconds
oom             takes memory until the kernel ends it
worker          listens nowhere and prints a line every second
chatty:N        healthy, and prints N lines a second
stubborn:N      healthy, and takes N seconds to end after SIGTERM
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from backstaff.clock import Seconds
from backstaff.simulator.process import Answer, OutOfMemory, Process

_READY = "/tmp/ready"  # noqa: S108 (a name inside the simulated container)
_MEMORY_IT_TAKES = 256 * 1024 * 1024
_OK = 200


@dataclass(frozen=True)
class Mode:
    """A mode's name and its number, 0 where none is written."""

    name: str
    number: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Mode":
        """Reads `name` or `name:number`; raises ValueError for what is no known mode."""
        name, colon, number = (text or "healthy").partition(":")
        if name not in _MODES:
            raise ValueError(f'unknown mode "{name}"')
        try:
            return cls(name, float(number) if colon else 0.0)
        except ValueError:
            raise ValueError(f'APP_MODE "{text}": want name:seconds') from None


async def app(process: Process) -> int:
    """The program `app`: the application, or with the argument `healthcheck` its HEALTHCHECK."""
    word = process.argv[1] if len(process.argv) > 1 else process.env.get("APP_MODE", "")
    if word == "healthcheck":
        return await _healthcheck(process)
    try:
        mode = Mode.parse(word)
    except ValueError as error:
        process.say(str(error), "stderr")
        return 2
    process.say(f"starting version {process.env.get('APP_VERSION', '')} mode {mode.name}")
    return await _MODES[mode.name](process, mode.number)


async def _healthcheck(process: Process) -> int:
    if process.env.get("APP_MODE", "").startswith("worker"):
        if process.inside.has_file(_READY):
            return 0
        process.say(f"stat {_READY}: no such file or directory")
        return 1
    url = f"http://127.0.0.1:{_port(process)}/up"
    try:
        status = process.inside.get(_port(process), "/up")
    except ConnectionRefusedError:
        refused = f"dial tcp 127.0.0.1:{_port(process)}: connect: connection refused"
        process.say(f'Get "{url}": {refused}')
        return 1
    if status is None:
        await process.clock.sleep(1.0)
        said = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        process.say(f'Get "{url}": {said}')
        return 1
    if status != _OK:
        process.say(f"GET /up: unexpected status ({status})")
        return 1
    return 0


def _port(process: Process) -> int:
    text = process.env.get("PORT", "")
    return int(text) if text.isdecimal() else 80


def _answering(up_status: int, process: Process) -> Answer:
    def answer(path: str) -> int:
        status = up_status if path == "/up" else _OK
        process.say(f"GET {path} {status}")
        return status

    return answer


def _listen(process: Process, port: int, up_status: int = _OK) -> None:
    process.inside.listen(port, _answering(up_status, process))
    process.say(f"listening on {port}")


async def _serve(process: Process, up_status: int = _OK, port: int | None = None) -> int:
    _listen(process, port or _port(process), up_status)
    await process.terminated.wait()
    process.say("stopped")
    return 0


async def _healthy(process: Process, _: float) -> int:
    return await _serve(process)


async def _slow(process: Process, after: Seconds) -> int:
    return await _serve(process) if await process.pause(after) else 0


async def _unhealthy(process: Process, _: float) -> int:
    return await _serve(process, up_status=500)


async def _missing(process: Process, _: float) -> int:
    return await _serve(process, up_status=404)


async def _wrong_port(process: Process, _: float) -> int:
    return await _serve(process, port=8123)


async def _hang(process: Process, _: float) -> int:
    process.inside.listen(_port(process), lambda _path: None)
    await process.terminated.wait()
    return 0


async def _ignore_term(process: Process, _: float) -> int:
    _listen(process, _port(process))
    await process.terminated.wait()
    process.say("ignoring terminated")
    await asyncio.Event().wait()
    return 0


async def _crash(process: Process, after: Seconds) -> int:
    await process.pause(after)
    process.say("could not connect to database at db:5432", "stderr")
    return 1


async def _crash_later(process: Process, after: Seconds) -> int:
    _listen(process, _port(process))
    if await process.pause(after):
        return await _crash(process, 0.0)
    process.say("stopped")
    return 0


async def _oom(process: Process, _: float) -> int:
    await process.clock.sleep(0.5)
    limit = process.inside.memory_limit
    if 0 < limit < _MEMORY_IT_TAKES:
        raise OutOfMemory
    process.say(f"took {_MEMORY_IT_TAKES >> 20} MiB and met no memory limit", "stderr")
    return 1


async def _worker(process: Process, _: float) -> int:
    process.inside.write_file(_READY)
    version, tick = process.env.get("APP_VERSION", ""), 1
    process.say(f"tick {tick} version {version}")
    while await process.pause(1.0):
        tick += 1
        process.say(f"tick {tick} version {version}")
    process.say("worker stopped")
    return 0


async def _chatty(process: Process, lines_per_s: float) -> int:
    _listen(process, _port(process))
    number = 0
    while await process.pause(1.0 / max(lines_per_s, 0.01)):
        number += 1
        process.say(f"request {number} answered in {number % 90 + 10} ms")
    process.say("stopped")
    return 0


async def _stubborn(process: Process, takes: Seconds) -> int:
    _listen(process, _port(process))
    await process.terminated.wait()
    await process.clock.sleep(takes)
    process.say("stopped")
    return 0


_MODES: dict[str, Callable[[Process, float], Awaitable[int]]] = {
    "healthy": _healthy,
    "slow": _slow,
    "unhealthy": _unhealthy,
    "missing": _missing,
    "wrong-port": _wrong_port,
    "hang": _hang,
    "ignore-term": _ignore_term,
    "crash": _crash,
    "crash-later": _crash_later,
    "oom": _oom,
    "worker": _worker,
    "chatty": _chatty,
    "stubborn": _stubborn,
}
