"""Commands on a simulated host: run for real, by this machine's `sh`, in the host's home directory."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import asyncssh

from backstaff.clock import Seconds
from backstaff.hosts.local import live_group
from backstaff.simulator.docker_program import DockerProgram, RunningScript

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
        status = await _run(process, home, {**_environment(home, program.bin), **called})
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


async def _run(process: "asyncssh.SSHServerProcess[bytes]", home: Path, env: dict[str, str]) -> int:
    child = await asyncio.create_subprocess_exec(
        *("sh", "-c", process.command or "exit 0"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=home,
        env=env,
        start_new_session=True,
    )
    with live_group(child.pid):
        try:
            async with asyncio.TaskGroup() as pumps:
                feeding = pumps.create_task(_feed(process, child.stdin))
                outputs = [
                    pumps.create_task(_forward(child.stdout, process.stdout)),
                    pumps.create_task(_forward(child.stderr, process.stderr)),
                ]
                await asyncio.wait(outputs)
                status = await child.wait()
                feeding.cancel()
        finally:
            await _end(child)
    return status


async def _end(child: asyncio.subprocess.Process) -> None:
    """Make sure that a command has ended. At the end of its input a script may clean up after itself."""
    if child.returncode is not None:
        return
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(_ENDS_WITHIN):
            await child.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def _feed(process: "asyncssh.SSHServerProcess[bytes]", stdin: asyncio.StreamWriter | None) -> None:
    if stdin is None:
        return
    try:
        while data := await process.stdin.read(_CHUNK):
            stdin.write(data)
            await stdin.drain()
    except (asyncssh.Error, OSError):
        return
    finally:
        stdin.close()


async def _forward(source: asyncio.StreamReader | None, target: "asyncssh.SSHWriter[bytes]") -> None:
    while source is not None and (data := await source.read(_CHUNK)):
        try:
            target.write(data)
            await target.drain()
        except (asyncssh.Error, OSError):
            continue
