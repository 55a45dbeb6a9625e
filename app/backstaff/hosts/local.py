"""Runs a program on this machine: builds, hooks, git."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backstaff.hosts.line_buffer import LineBuffer

OnLine = Callable[[str, str], None]
"""Takes a stream's name (`stdout` or `stderr`) and one line without its end."""

MOST_OUTPUT = 16 * 1024 * 1024
_TERMINATE_S = 5.0
_LEFTOVERS_S = 2.0
_live_groups: set[int] = set()


@dataclass(frozen=True)
class LocalResult:
    """How a program ended. `status` is negative, as in subprocess, if it was killed by a signal.

    Output is decoded as UTF-8 with replacement characters, and cut after `MOST_OUTPUT` characters.
    """

    status: int
    stdout: str = ""
    stderr: str = ""


class _Output:
    def __init__(self, name: str, on_line: OnLine | None) -> None:
        self._name = name
        self._on_line = on_line
        self._buffer = LineBuffer()
        self._lines: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        for line in self._buffer.feed(data):
            self._take(line, "\n")

    def finish(self) -> str:
        if not self._buffer.empty:
            self._take(self._buffer.flush(), "")
        return "".join(self._lines)

    def _take(self, line: str, end: str) -> None:
        if self._on_line:
            self._on_line(self._name, line)
        if self._size < MOST_OUTPUT:
            self._lines.append(line + end)
            self._size += len(line) + 1


class _Program(asyncio.SubprocessProtocol):
    """Told by the loop about a program. Unlike asyncio's own streams it knows the end of the program from
    the end of its output, which something left in the background may hold open for ever."""

    def __init__(self, on_line: OnLine | None) -> None:
        self.outputs = {1: _Output("stdout", on_line), 2: _Output("stderr", on_line)}
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()
        self._open = set(self.outputs)
        self._leader = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Noted here and not by the caller, who may hear of the program only after its first output.
        if isinstance(transport, asyncio.SubprocessTransport):
            self._leader = transport.get_pid()
            _live_groups.add(self._leader)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.outputs[fd].feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's)
        self._open.discard(fd)
        if not self._open:
            self.drained.set()

    def process_exited(self) -> None:
        _live_groups.discard(self._leader)
        self.exited.set()


async def run_local(
    command: Sequence[str] | str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_line: OnLine | None = None,
) -> LocalResult:
    """Run a program (an argument list) or a line of shell (a text) and wait for its end.

    `env` is added to our own environment. Its input is /dev/null. It leads a session of its own,
    so that Ctrl-C reaches only us; cancelling asks everything in that session to end, and kills it after a
    few seconds. Raises OSError if the program can not be started.
    """
    argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
    transport, program = await asyncio.get_running_loop().subprocess_exec(
        lambda: _Program(on_line),
        *argv,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    leader = transport.get_pid()
    try:
        return await _result(transport, program)
    except BaseException:
        await _end_group(leader, program)
        raise
    finally:
        transport.close()


@contextmanager
def live_group(leader: int) -> Iterator[None]:
    """A process group that somebody else started is live while the body runs."""
    _live_groups.add(leader)
    try:
        yield
    finally:
        _live_groups.discard(leader)


def kill_live_groups() -> None:
    """Kill every program that `run_local` waits for, with all that it started, and what is in a `live_group`:
    for a process that ends at once and lets nothing more pass through."""
    for leader in tuple(_live_groups):
        _signal_group(leader, signal.SIGKILL)


async def _result(transport: asyncio.SubprocessTransport, program: _Program) -> LocalResult:
    await program.exited.wait()
    try:
        async with asyncio.timeout(_LEFTOVERS_S):
            await program.drained.wait()
    except TimeoutError:
        # Something it left running holds its output open; what the program itself wrote has come.
        pass
    status = transport.get_returncode()
    if status is None:
        raise OSError("the program ended without a status")
    return LocalResult(status, program.outputs[1].finish(), program.outputs[2].finish())


async def _end_group(leader: int, program: _Program) -> None:
    """Ask the whole group to end, and kill what is left of it. Runs while a cancellation passes through."""
    _signal_group(leader, signal.SIGTERM)
    try:
        async with asyncio.timeout(_TERMINATE_S):
            await program.exited.wait()
    except TimeoutError:
        # It ignored the request: killed below, like whatever else is left of the group.
        pass
    finally:
        _signal_group(leader, signal.SIGKILL)
    await program.exited.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return
