"""Commands on a simulated host: run for real, by this machine's `sh`, in the host's home directory."""

import asyncio
import signal
from pathlib import Path

import asyncssh

from backstaff.clock import Seconds
from backstaff.simulator.docker_program import DockerProgram, RunningScript
from backstaff.simulator.faults import Operation
from backstaff.simulator.local_program import LocalProgram, local_program

_CHUNK = 64 * 1024
_ENDS_WITHIN: Seconds = 1.0
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


async def run_command(
    process: "asyncssh.SSHServerProcess[bytes]", home: Path, program: DockerProgram, script: RunningScript
) -> None:
    """Run the command of an exec channel and tell its exit status, or the signal that ended it."""
    called = program.register(script)
    script.begin()
    try:
        status = await _run(process, home, {**_environment(home, program.bin), **called}, script)
    finally:
        script.end()
        program.forget(called)
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
    else:
        process.exit(status)


def _environment(home: Path, programs: Path) -> dict[str, str]:
    return {
        "PATH": f"{programs}:{_SYSTEM_PATH}",
        "HOME": str(home),
        "USER": "root",
        "LOGNAME": "root",
        "SHELL": "/bin/sh",
        "LC_ALL": "C.UTF-8",
    }


async def _run(
    process: "asyncssh.SSHServerProcess[bytes]", home: Path, env: dict[str, str], script: RunningScript
) -> int:
    argv = ("sh", "-c", process.command or "exit 0")
    running = local_program(argv, cwd=home, env=env, stdin=asyncio.subprocess.PIPE)
    async with running as program, asyncio.TaskGroup() as pumps:
        feeding = pumps.create_task(_feed(process, program.stdin, script))
        outputs = [
            pumps.create_task(_forward(program.stdout, process.stdout)),
            pumps.create_task(_forward(program.stderr, process.stderr)),
        ]
        try:
            status = await program.ended()
            await asyncio.wait(outputs, timeout=_ENDS_WITHIN)
        finally:
            await _end(program)
        feeding.cancel()
    return status


async def _end(program: LocalProgram) -> None:
    """Make sure that a command has ended. At the end of its input a script may clean up after itself."""
    if program.stdin is not None:
        program.stdin.close()
    try:
        await program.ended_within(_ENDS_WITHIN)
    finally:
        program.kill()


async def _feed(
    process: "asyncssh.SSHServerProcess[bytes]", stdin: asyncio.StreamWriter | None, script: RunningScript
) -> None:
    if stdin is None:
        return
    try:
        data = await _first_input(process, script)
        while data:
            stdin.write(data)
            await stdin.drain()
            data = await process.stdin.read(_CHUNK)
    except (asyncssh.Error, OSError):
        return
    finally:
        stdin.close()


async def _first_input(process: "asyncssh.SSHServerProcess[bytes]", script: RunningScript) -> bytes:
    """Until it comes, the script waits for its client, however far away that is."""
    script.call_began()
    try:
        data = await process.stdin.read(_CHUNK)
    finally:
        script.call_ended()
    if data:
        await script.host.reached(Operation.SCRIPT)
    return data


async def _forward(source: asyncio.StreamReader | None, target: "asyncssh.SSHWriter[bytes]") -> None:
    while source is not None and (data := await source.read(_CHUNK)):
        try:
            target.write(data)
            await target.drain()
        except (asyncssh.Error, OSError):
            continue
