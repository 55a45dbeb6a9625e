"""Programs of this machine as children of this process: nothing of them is waited for without end, and
nothing of them is left behind."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from backstaff.uninterrupted import uninterrupted

STDOUT, STDERR = 1, 2
LEFTOVERS_S = 2.0
_TERMINATE_S = 5.0
_KILLED_S = 5.0
_live_groups: set[int] = set()

P = TypeVar("P", bound=asyncio.SubprocessProtocol)


async def start_program(
    starting: Coroutine[object, object, tuple[asyncio.SubprocessTransport, P]],
    end: Callable[[asyncio.SubprocessTransport, P], Awaitable[None]],
) -> tuple[asyncio.SubprocessTransport, P]:
    """What the loop's `subprocess_exec` gives; a cancellation that comes meanwhile ends the program with
    `end` before it passes through.

    Cancelled itself, `subprocess_exec` would kill the program alone and not what that has started, and in
    some versions of Python wait until all of it has closed its output, which may be never."""
    started: list[tuple[asyncio.SubprocessTransport, P]] = []
    unwanted = False

    async def start() -> None:
        started.append(await starting)
        if unwanted:
            # It was cancelled a second time, and nobody has waited for the start.
            await end(*started[0])

    try:
        await uninterrupted(start())
    except asyncio.CancelledError:
        unwanted = True
        for transport, program in started:
            await end(transport, program)
        raise
    return started[0]


async def run_program(
    argv: Sequence[str],
    *,
    take: Callable[[int, bytes], None],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_exit: Callable[[], None] = lambda: None,
    leftovers_s: float | None = LEFTOVERS_S,
) -> int:
    """Run a program to its end; its status, negative as in subprocess if it was killed by a signal.

    `take` gets the output as it comes, with its descriptor, `STDOUT` or `STDERR`. `env` is its whole
    environment, None our own. Its input is /dev/null. It leads a process group of its own, so that Ctrl-C
    reaches only us; cancelling asks all of the group to end, and kills it after a few seconds. `on_exit` is
    called when it has ended by itself; what it leaves in the background may hold its output open, which is
    read for `leftovers_s` more seconds, None until it is closed. Raises OSError if the program can not be
    started.
    """
    exec_ = asyncio.get_running_loop().subprocess_exec(
        lambda: _Program(take),
        *argv,
        env=env,
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    transport, program = await start_program(exec_, _end)
    try:
        return await _status(transport, program, on_exit, leftovers_s)
    except BaseException:
        await _end(transport, program)
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
    """Kill every program that `run_program` waits for, with all that it started, and what is in a
    `live_group`: for a process that ends at once and lets nothing more pass through."""
    for leader in tuple(_live_groups):
        _signal_group(leader, signal.SIGKILL)


class _Program(asyncio.SubprocessProtocol):
    """Told by the loop about a program. Unlike asyncio's own streams it knows the end of the program from
    the end of its output, which something left in the background may hold open for ever."""

    def __init__(self, take: Callable[[int, bytes], None]) -> None:
        self.exited = asyncio.Event()
        self.drained = asyncio.Event()
        self._take = take
        self._open = {STDOUT, STDERR}
        self._leader = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Noted here and not by the caller, who may hear of the program only after its first output.
        if isinstance(transport, asyncio.SubprocessTransport):
            self._leader = transport.get_pid()
            _live_groups.add(self._leader)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._take(fd, data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's)
        self._open.discard(fd)
        if not self._open:
            self.drained.set()

    def process_exited(self) -> None:
        _live_groups.discard(self._leader)
        self.exited.set()


async def _status(
    transport: asyncio.SubprocessTransport,
    program: _Program,
    on_exit: Callable[[], None],
    leftovers_s: float | None,
) -> int:
    await program.exited.wait()
    on_exit()
    await _within(leftovers_s, program.drained)
    status = transport.get_returncode()
    if status is None:
        raise OSError("the program ended without a status")
    return status


async def _end(transport: asyncio.SubprocessTransport, program: _Program) -> None:
    """Ask the whole group to end, and kill what is left of it. Runs while a cancellation passes through."""
    leader = transport.get_pid()
    _signal_group(leader, signal.SIGTERM)
    try:
        await _within(_TERMINATE_S, program.exited)
    finally:
        _signal_group(leader, signal.SIGKILL)
    # The kernel may hold on to it, on a disk that does not answer.
    await _within(_KILLED_S, program.exited)
    transport.close()


async def _within(seconds: float | None, event: asyncio.Event) -> None:
    """Wait for the event, but no longer than that; None is for as long as it takes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    # What is left of it may be somebody else's by now, as `sudo` makes it: that can not be ended by us.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
