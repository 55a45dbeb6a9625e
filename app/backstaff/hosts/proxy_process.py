"""A proxy command while it runs: it carries one SSH connection, and ends with it."""

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from backstaff.child_programs import live_group, start_program

_LAST_WORDS = 5
_MOST_KEPT = 16 * 1024
_TERMINATE_S = 2.0
_KILLED_S = 2.0


class ProxyProcess(asyncio.SubprocessProtocol):
    """Runs a line of shell whose standard input and output are the other end of `socket`.

    It leads a session of its own, so that Ctrl-C reaches only us, who still need it to end the run well.
    What it leaves running when it ends is killed. `status` is its exit status, negative for a signal, once
    it has ended by itself; it stays None if we ended it.
    """

    def __init__(self, command: str, ours: socket.socket) -> None:
        self.command = command
        self.socket = ours
        self.status: int | None = None
        self._errors = bytearray()
        self._exited = asyncio.Event()
        self._unwanted = False
        self._transport: asyncio.SubprocessTransport | None = None
        self._living = ExitStack()

    @classmethod
    async def start(cls, command: str) -> "ProxyProcess":
        """Start it; pair with `end`. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                starting = asyncio.get_running_loop().subprocess_exec(
                    lambda: cls(command, ours),
                    *("sh", "-c", command),
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,
                )
                _, process = await start_program(starting, lambda _, process: process.end())
            except BaseException:
                ours.close()
                raise
        return process

    @property
    def said(self) -> Sequence[str]:
        """The last lines that it wrote to standard error."""
        return self._errors.decode(errors="replace").splitlines()[-_LAST_WORDS:]

    def forget_said(self) -> None:
        """Begin anew to note what it says."""
        self._errors.clear()

    async def exited_within(self, seconds: float) -> bool:
        """Give it so much time to end; whether it has."""
        try:
            async with asyncio.timeout(seconds):
                await self._exited.wait()
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        """End it with all that it started, politely for a short time; may be called twice."""
        self._unwanted = True
        self._signal(signal.SIGTERM)
        try:
            await self.exited_within(_TERMINATE_S)
        finally:
            self._signal(signal.SIGKILL)
        await self.exited_within(_KILLED_S)
        if self._transport:
            self._transport.close()
        self.socket.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It was started."""
        if isinstance(transport, asyncio.SubprocessTransport):
            self._transport = transport
            self._living.enter_context(live_group(transport.get_pid()))

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002 (asyncio's; there is one pipe)
        """It wrote to standard error."""
        self._errors += data
        del self._errors[:-_MOST_KEPT]

    def process_exited(self) -> None:
        """It ended. Its group is signalled for the last time: the number may soon be somebody else's."""
        self._signal(signal.SIGKILL)
        if self._transport and not self._unwanted:
            self.status = self._transport.get_returncode()
        self._living.close()
        self._exited.set()

    def _signal(self, number: signal.Signals) -> None:
        if self._transport is None or self._exited.is_set():
            return
        try:
            os.killpg(self._transport.get_pid(), number)
        except ProcessLookupError:
            return
