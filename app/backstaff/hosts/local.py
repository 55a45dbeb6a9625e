"""Runs a program on this machine: builds, hooks, git, interactive ssh."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backstaff.hosts.docker_streams import LineBuffer

OnLine = Callable[[str, str], None]
"""Takes a stream's name (`stdout` or `stderr`) and one line without its end."""

MOST_OUTPUT = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_TERMINATE_S = 5.0
_LEFTOVERS_S = 2.0


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
        self._lines: list[str] = []
        self._size = 0

    async def read(self, stream: asyncio.StreamReader) -> None:
        buffer = LineBuffer()
        while chunk := await stream.read(_CHUNK):
            for line in buffer.feed(chunk):
                self._take(line, "\n")
        if not buffer.empty:
            self._take(buffer.flush(), "")

    def _take(self, line: str, end: str) -> None:
        if self._on_line:
            self._on_line(self._name, line)
        if self._size < MOST_OUTPUT:
            self._lines.append(line + end)
            self._size += len(line) + 1

    @property
    def text(self) -> str:
        return "".join(self._lines)


async def run_local(
    command: Sequence[str] | str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    on_line: OnLine | None = None,
) -> LocalResult:
    """Run a program (an argument list) or a line of shell (a text) and wait for its end.

    `env` is added to our own environment. Without `stdin` it reads from /dev/null. It leads a session of
    its own, so that Ctrl-C reaches only us; cancelling asks everything in that session to end, and kills
    it after a few seconds. Raises OSError if the program can not be started.
    """
    argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
    process = await asyncio.create_subprocess_exec(
        *argv,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        return await _communicate(process, stdin, on_line)
    except BaseException:
        await _end_group(process)
        raise


async def run_in_terminal(argv: Sequence[str]) -> int:
    """Run a program that has our terminal, such as an interactive ssh; its exit status.

    It stays in our process group, as the terminal demands. Cancelling ends it.
    """
    process = await asyncio.create_subprocess_exec(*argv)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _communicate(
    process: asyncio.subprocess.Process, stdin: bytes | None, on_line: OnLine | None
) -> LocalResult:
    if process.stdout is None or process.stderr is None:
        raise OSError("the program has no output to read")
    stdout, stderr = _Output("stdout", on_line), _Output("stderr", on_line)
    async with asyncio.TaskGroup() as streams:
        readers = [
            streams.create_task(stdout.read(process.stdout)),
            streams.create_task(stderr.read(process.stderr)),
        ]
        if process.stdin and stdin is not None:
            readers.append(streams.create_task(_feed(process.stdin, stdin)))
        status = await process.wait()
        # What it left running in the background may hold its output open for ever.
        _, unfinished = await asyncio.wait(readers, timeout=_LEFTOVERS_S)
        for reader in unfinished:
            reader.cancel()
    return LocalResult(status, stdout.text, stderr.text)


async def _feed(writer: asyncio.StreamWriter, data: bytes) -> None:
    try:
        writer.write(data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        # A program need not read all of its input.
        return


async def _end_group(process: asyncio.subprocess.Process) -> None:
    """Ask the whole group to end, and kill what is left of it. Runs while a cancellation passes through."""
    _signal_group(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(_TERMINATE_S):
            await process.wait()
    except TimeoutError:
        # Ignored the request: killed below, like whatever else is left of the group.
        pass
    finally:
        _signal_group(process, signal.SIGKILL)
    await process.wait()


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
