"""The programs that simulated images have."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from backstaff.simulator.apps import app
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.kamal_proxy import kamal_proxy
from backstaff.simulator.local_program import local_program
from backstaff.simulator.process import Process, Program

_CHUNK = 64 * 1024


def program_of(argv: tuple[str, ...]) -> Program | None:
    """What runs for a command line, None if no image has such a program."""
    name = argv[0].rpartition("/")[2] if argv else ""
    return _PROGRAMS.get(name)


def not_found(name: str) -> DockerRefusal:
    """What Docker says to the start of a container whose program is missing."""
    said = f'exec: "{name}": executable file not found in $PATH: unknown'
    runc = "failed to create shim: OCI runtime create failed: container_linux.go:380: starting container"
    return DockerRefusal(400, f"{runc} process caused: {said}")


def exec_not_found(name: str) -> bytes:
    """What `docker exec` prints for a program that is missing."""
    said = f'exec: "{name}": executable file not found in $PATH: unknown'
    return f"OCI runtime exec failed: exec failed: {said}\r\n".encode()


async def _shell(process: Process) -> int:
    """The machine's own shell, with nothing of the machine's environment. As the first program of its
    container it never sees SIGTERM, like any that does not ask for it."""
    process.clock.outside(+1)
    try:
        return await _run_shell(process)
    finally:
        process.clock.outside(-1)


async def _run_shell(process: Process) -> int:
    async with local_program(process.argv, cwd=Path("/"), env=_environment(process.env)) as program:
        async with asyncio.TaskGroup() as readers:
            readers.create_task(_copy(process, "stdout", program.stdout))
            readers.create_task(_copy(process, "stderr", program.stderr))
        status = await program.ended()
    return 128 - status if status < 0 else status


async def _copy(process: Process, stream: str, source: asyncio.StreamReader | None) -> None:
    while source is not None and (data := await source.read(_CHUNK)):
        process.write(stream, data)


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    return {**env, "PATH": "/usr/local/bin:/usr/bin:/bin"}


async def _true(_: Process) -> int:
    return 0


async def _false(_: Process) -> int:
    return 1


async def _echo(process: Process) -> int:
    process.say(" ".join(process.argv[1:]))
    return 0


async def _sleep(process: Process) -> int:
    await process.clock.sleep(float(process.argv[1]))
    return 0


_PROGRAMS: dict[str, Program] = {
    "app": app,
    "echo": _echo,
    "false": _false,
    "kamal-proxy": kamal_proxy,
    "sh": _shell,
    "sleep": _sleep,
    "true": _true,
}
