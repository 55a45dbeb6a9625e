"""Programs of this machine that play those of simulated hosts: none of them outlives the simulation.

Each is the leader of a process group, and there is nothing on a simulated host that leaves its group. The
group is killed when the program is no longer needed. Should this process end before it comes to that, in
whatever way, then so does a watcher in the group: it waits for the end of a pipe that only this process
holds open.
"""

import asyncio
import os
import signal
from asyncio.subprocess import SubprocessStreamProtocol
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

from backstaff.child_programs import live_group, start_program
from backstaff.clock import Seconds

# The watcher's parent ends at once, so that the program has no child that it knows nothing of.
_WATCHED = '( (read -r _; kill -KILL 0) </dev/fd/{pipe} >/dev/null 2>&1 & ); exec "$@"'
NO_SETSID = '#!/bin/sh\nexec "$@"\n'
"""`setsid` as it must be on a simulated host: the program stays in its group."""
_BUFFER = 64 * 1024
_KILLED_S: Seconds = 5.0


class _Streams(SubprocessStreamProtocol):
    """asyncio's streams of a program. Whether it has ended they tell, unlike asyncio's own `wait` in some
    versions, even if something that it left behind holds its output open."""

    def __init__(self) -> None:
        super().__init__(_BUFFER, asyncio.get_running_loop())
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.exited.set()


class LocalProgram:
    """A running program. `stdin` is None if it was not to have one of ours."""

    def __init__(self, transport: asyncio.SubprocessTransport, streams: _Streams) -> None:
        self._transport = transport
        self._streams = streams
        self.pid = transport.get_pid()
        self.stdin = streams.stdin
        self.stdout = streams.stdout
        self.stderr = streams.stderr

    async def ended(self) -> int:
        """Wait for its end; its status, negative if a signal ended it."""
        await self._streams.exited.wait()
        return self._transport.get_returncode() or 0

    async def ended_within(self, limit: Seconds) -> bool:
        """Whether it ends in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._streams.exited.wait()
        return self._streams.exited.is_set()

    def kill(self) -> None:
        """Kill it and all it has started. Its watcher keeps the group's number from being used anew."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


@asynccontextmanager
async def local_program(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: int = asyncio.subprocess.DEVNULL
) -> AsyncIterator[LocalProgram]:
    """A running program, its output in pipes. At the end of the body it is killed with all it has started."""
    starting = asyncio.get_running_loop().subprocess_exec(
        _Streams,
        *("sh", "-c", _WATCHED.format(pipe=_pipe()), "sh", *argv),
        stdin=stdin,
        cwd=cwd,
        env=env,
        start_new_session=True,
        pass_fds=(_pipe(),),
    )
    transport, streams = await start_program(starting, _end)
    with live_group(transport.get_pid()):
        try:
            yield LocalProgram(transport, streams)
        finally:
            await _end(transport, streams)


async def _end(transport: asyncio.SubprocessTransport, streams: _Streams) -> None:
    program = LocalProgram(transport, streams)
    program.kill()
    await program.ended_within(_KILLED_S)
    transport.close()


@cache
def _pipe() -> int:
    """The end for reading of a pipe into which nothing is ever written, and which ends with this process."""
    reading, _ = os.pipe()
    return reading
