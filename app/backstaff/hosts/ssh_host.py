"""One server over one SSH connection."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncssh

from backstaff.clock import Clock, Seconds
from backstaff.errors import BackstaffError, CommandFailed, HostLost
from backstaff.hosts.docker_socket import DockerSocket
from backstaff.hosts.protocol import CommandResult
from backstaff.hosts.remote_script import ScriptEnd, Shell, open_shell, run_script
from backstaff.hosts.ssh_link import Link, close_link

if TYPE_CHECKING:
    from backstaff.hosts.docker_api import DockerApi

# sshd's default limit is 10 sessions for a connection, and it frees them late.
MOST_COMMANDS = 5
READY_SHELLS = 2
"""At the end of a deploy, mostly one gives the lock back and another writes the log."""
SHELLS_AGAIN_AFTER_S: Seconds = 0.5
"""How long after one was taken another is opened. Right then the host works for whoever took it; and those
that a run takes last need no others after them."""
_OPEN_RETRIES = 6
_NO_CHANNEL = (asyncssh.Error, OSError, AssertionError)
"""What asyncssh raises where there is no channel. It asserts that there is one when the connection goes in
the moment between the opening of a channel and its first use."""


class SshHost:
    """A host that is logged in to. Made by `SshConnector`.

    `another` opens a further connection to the same host, for what does not fit into this one.
    """

    def __init__(
        self,
        name: str,
        link: Link,
        clock: Clock,
        *,
        another: Callable[[], Awaitable[Link]],
        on_close: Callable[[], Awaitable[None]],
    ) -> None:
        self._name = name
        self._link = link
        self._clock = clock
        self._commands = asyncio.Semaphore(MOST_COMMANDS)
        self._on_close = on_close
        self._closed = False
        self._docker: DockerApi | None = None
        self._shells: deque[Shell] = deque()
        self._shell_taken = asyncio.Event()
        self._socket = DockerSocket(name, link, self.run, another)

    @property
    def name(self) -> str:
        """The host exactly as deploy.yml writes it."""
        return self._name

    @property
    def docker(self) -> "DockerApi":
        """Its Docker Engine; opened by the first call if it was not opened before."""
        if self._docker is None:
            # Comes with aiohttp, for which nobody waits who only connects.
            from backstaff.hosts.docker_api import DockerApi

            self._docker = DockerApi(self._name, self._socket, self.run)
        return self._docker

    async def run(self, script: str) -> CommandResult:
        """Run a POSIX shell script in the login home; its commands read nothing from standard input.

        It travels over standard input, so nothing of it is in a process list. Cancelling ends it on the
        host, with all that it started. A non-zero status is returned; an end by signal (which a shell
        tells as 128 and its number) or a lost channel raises CommandFailed with status None, a lost
        connection HostLost.
        """
        async with self._commands:
            end = await self._run(script)
        if end.status is not None:
            return CommandResult(end.status, end.stdout, end.stderr)
        await self._raise_if_lost()
        what = f"a command was killed by {end.signal}" if end.signal else "a command ended without a status"
        raise CommandFailed(what, status=None, stderr=end.stderr, where=self._name)

    @asynccontextmanager
    async def lend(self, port: int) -> AsyncIterator[None]:
        """While open, `localhost:port` on the host reaches the same port on this machine.

        Raises CommandFailed if sshd does not allow it, or something on the host has that port.
        """
        try:
            listener = await self._link.connection.forward_remote_port("localhost", port, "localhost", port)
        except (asyncssh.Error, asyncssh.ChannelListenError, OSError) as error:
            await self._raise_if_lost()
            raise CommandFailed(
                f"port {port} of this machine can not be lent to the host: {error}",
                status=None,
                where=self._name,
                fix=f"see AllowTcpForwarding in the host's sshd_config, and what listens on its port {port}",
            ) from error
        try:
            yield
        finally:
            listener.close()

    async def wait_lost(self) -> str:
        """Return, with the reason, when the connection is gone. Meanwhile shells are kept ready, so that
        a script needs one way there and back and not two."""
        async with asyncio.TaskGroup() as beside:
            keeping = beside.create_task(self._keep_shells_ready())
            try:
                return await self._link.observer.wait_ended()
            finally:
                keeping.cancel()

    async def open(self) -> None:
        """Open Docker, and a shell for the first script; raises DockerUnavailable and HostLost."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._open_shell())
            opening = both.create_task(self._docker_failure())
        if failure := opening.result():
            raise failure

    async def close(self) -> None:
        """Close Docker, the connection and its part in a jump host; takes a few seconds at most."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._docker is not None:
                await self._docker.close()
        finally:
            try:
                await close_link(self._link)
            finally:
                await self._on_close()

    async def _docker_failure(self) -> BackstaffError | None:
        """What keeps Docker from being opened: returned, so that it comes out as it is and not in a group."""
        try:
            await self.docker.open()
        except BackstaffError as failure:
            return failure
        return None

    async def _keep_shells_ready(self) -> None:
        """Open shells for those that were taken; where the host has no room for one, no more."""
        while await self._open_missing_shells():
            while len(self._shells) >= READY_SHELLS:
                self._shell_taken.clear()
                await self._shell_taken.wait()
            await self._clock.sleep(SHELLS_AGAIN_AFTER_S)

    async def _open_missing_shells(self) -> bool:
        """Whether all that were missing are there."""
        missing = READY_SHELLS - len(self._shells)
        return all(await asyncio.gather(*(self._open_shell() for _ in range(missing))))

    async def _open_shell(self) -> bool:
        """Whether one more is ready. Without, each script opens its own, and tells if it can not."""
        try:
            self._shells.append(await open_shell(self._link.connection))
        except (asyncssh.Error, OSError):
            return False
        return True

    def _take_shell(self) -> Shell | None:
        """A shell that is ready, if one is."""
        self._shell_taken.set()
        while self._shells:
            shell = self._shells.popleft()
            if shell.exit_status is None and not shell.is_closing():
                return shell
        return None

    async def _run(self, script: str) -> ScriptEnd:
        for tries in range(_OPEN_RETRIES):
            try:
                return await run_script(self._link.connection, script, self._take_shell())
            except asyncssh.ChannelOpenError as error:
                await self._raise_if_lost()
                refusal = error
            except _NO_CHANNEL as error:
                await self._raise_if_lost()
                said = str(error) or "its channel was closed at once"
                raise CommandFailed(
                    f"a command could not be run: {said}", status=None, where=self._name
                ) from error
            await self._clock.sleep(0.1 * 2**tries)
        raise CommandFailed(
            f"the host opens no channel for a command: {refusal.reason}",
            status=None,
            where=self._name,
            fix="check MaxSessions and the restrictions of the key (command=, restrict) on the host",
        ) from refusal

    async def _raise_if_lost(self) -> None:
        if self._link.observer.ended:
            raise HostLost(await self._link.observer.wait_ended(), where=self._name)
