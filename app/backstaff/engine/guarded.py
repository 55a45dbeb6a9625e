"""A host whose every call has a deadline, an owner and a record.

`GuardedHost` and `GuardedDocker` look like what they wrap. Each call becomes a quiet wait, guarded by the
breakers of the link and of the engine, and leaves a `CommandRun` event with a line a person can paste. What
fails because the Docker daemon ended is told as that (`engine.daemon`).
"""

import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from backstaff.clock import Seconds
from backstaff.config.models import Timeouts
from backstaff.engine.caller import Caller, command_failed
from backstaff.engine.daemon import DaemonWatch
from backstaff.engine.newest_lines import NewestLines
from backstaff.engine.waits import Breaker, Ongoing, Wait
from backstaff.engine.wanted_lines import ALL, LinePicker, Wanted
from backstaff.errors import BackstaffError, DockerRestarted
from backstaff.events.facts import WaitKind
from backstaff.hosts.protocol import (
    CommandResult,
    Container,
    ContainerSummary,
    Docker,
    DockerEvent,
    Host,
    Image,
    LogLine,
    PullProgress,
    RegistryAuth,
)
from backstaff.kamal.stopping import DOCKER_GRACE

T = TypeVar("T")


class GuardedDocker:
    """The `Docker` protocol with deadlines. Streams (`events`, `logs`) are only as long as their readers."""

    def __init__(self, inner: Docker, caller: Caller, timeouts: Timeouts) -> None:
        self._inner = inner
        self._caller = caller
        self._timeouts = timeouts

    async def _read(self, line: str, work: Callable[[], Awaitable[T]]) -> T:
        return await self._caller.call(
            line, self._caller.quiet(line, self._timeouts.docker), lambda _: work()
        )

    async def _write(self, line: str, work: Callable[[], Awaitable[T]], limit_s: Seconds | None = None) -> T:
        limit = self._timeouts.docker if limit_s is None else limit_s
        return await self._caller.call(line, self._caller.quiet(line, limit), lambda _: work(), mutates=True)

    async def ping(self) -> None:
        """Return when the engine answers."""
        await self._read("docker version", lambda: self._inner.ping())

    async def version(self) -> str:
        """The engine's version."""
        return await self._read("docker version", lambda: self._inner.version())

    async def time(self) -> datetime:
        """The time of day by the host's own clock."""
        return await self._read("docker info", lambda: self._inner.time())

    async def free_disk(self) -> int | None:
        """Bytes free where Docker keeps its data."""
        return await self._read("docker info", lambda: self._inner.free_disk())

    async def containers(self, labels: Mapping[str, str] | None = None) -> Sequence[ContainerSummary]:
        """All containers with `labels`."""
        filters = "".join(f" --filter label={key}={value}" for key, value in (labels or {}).items())
        return await self._read(f"docker ps --all{filters}", lambda: self._inner.containers(labels))

    async def inspect(self, container: str) -> Container | None:
        """One container, or None."""
        return await self._read(f"docker inspect {container}", lambda: self._inner.inspect(container))

    async def start(self, container: str) -> None:
        """Start a container."""
        await self._write(
            f"docker start {container}", lambda: self._inner.start(container), self._timeouts.start
        )

    async def stop(self, container: str, *, grace_s: int | None = None) -> None:
        """Stop a container; the limit is its grace plus what Docker may take to kill it."""
        await self.stop_as(None, container, grace_s)

    async def stop_as(self, wait: Wait | None, container: str, grace_s: int | None) -> None:
        """Stop a container as part of a wait of the caller's making."""
        option = "" if grace_s is None else f"-t {grace_s} "
        line = f"docker stop {option}{container}"
        limit = (DOCKER_GRACE if grace_s is None else grace_s) + self._timeouts.stop_grace

        async def stop() -> None:
            await self._caller.call(
                line,
                wait or self._caller.quiet(line, limit),
                lambda _: self._inner.stop(container, grace_s=grace_s),
                mutates=True,
            )

        await _again_after_restart(stop)

    async def kill(self, container: str) -> None:
        """End a container at once."""
        limit = self._timeouts.stop_grace

        async def kill() -> None:
            await self._write(f"docker kill {container}", lambda: self._inner.kill(container), limit)

        await _again_after_restart(kill)

    async def pause(self, container: str) -> None:
        """Freeze a container."""
        await self._write(f"docker pause {container}", lambda: self._inner.pause(container))

    async def unpause(self, container: str) -> None:
        """Let a paused container go on."""
        await self._write(f"docker unpause {container}", lambda: self._inner.unpause(container))

    async def rename(self, container: str, name: str) -> None:
        """Rename a container."""
        await self._write(f"docker rename {container} {name}", lambda: self._inner.rename(container, name))

    async def remove(self, container: str, *, with_volumes: bool = False) -> None:
        """Remove a stopped container."""
        option = "--volumes " if with_volumes else ""
        await self._write(
            f"docker rm {option}{container}",
            lambda: self._inner.remove(container, with_volumes=with_volumes),
        )

    async def image(self, name: str) -> Image | None:
        """One image, or None."""
        return await self._read(f"docker image inspect {name}", lambda: self._inner.image(name))

    async def images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        """All images with `labels`."""
        filters = "".join(f" --filter label={key}={value}" for key, value in labels.items())
        return await self._read(f"docker image ls{filters}", lambda: self._inner.images(labels))

    async def pull(self, name: str, auth: RegistryAuth | None) -> AsyncGenerator[PullProgress, None]:
        """Not guarded here: `engine.pull` reads it inside one wait that ends with silence."""
        async for progress in self._inner.pull(name, auth):
            yield progress

    async def tag(self, name: str, repository: str, tag: str) -> None:
        """Tag an image."""
        await self._write(
            f"docker tag {name} {repository}:{tag}", lambda: self._inner.tag(name, repository, tag)
        )

    async def untag(self, name: str) -> None:
        """Remove a tag."""
        await self._write(f"docker rmi {name}", lambda: self._inner.untag(name), self._timeouts.command)

    async def prune_dangling_images(self, labels: Mapping[str, str]) -> int:
        """Remove dangling images with `labels`."""
        filters = "".join(f" --filter label={key}={value}" for key, value in labels.items())
        return await self._write(
            f"docker image prune --force{filters}",
            lambda: self._inner.prune_dangling_images(labels),
            self._timeouts.command,
        )

    async def ensure_network(self, name: str) -> bool:
        """Create a network unless it is there."""
        return await self._write(f"docker network create {name}", lambda: self._inner.ensure_network(name))

    async def execute(self, container: str, argv: Sequence[str]) -> CommandResult:
        """Run a short program inside a container."""
        return await self.execute_as(None, container, argv)

    async def execute_as(
        self, wait: Wait | None, container: str, argv: Sequence[str], breakers: Sequence[Breaker] = ()
    ) -> CommandResult:
        """Run a program inside a container as part of a wait of the caller's making."""
        line = f"docker exec {container} {shlex.join(argv)}"
        return await self._caller.call(
            line,
            wait or self._caller.quiet(line, self._timeouts.command),
            lambda _: self._inner.execute(container, argv),
            mutates=True,
            breakers=breakers,
        )

    async def make_ready(self, container: str, argv: Sequence[str]) -> None:
        """Have a program ready for `execute`. It changes nothing and is no command to be told; if it can not
        be done, `execute` goes its usual way and tells why."""
        line = f"docker exec {container} {shlex.join(argv)}"
        with suppress(BackstaffError):
            await self._caller.unrecorded(line, lambda _: self._inner.make_ready(container, argv))

    async def events(self) -> AsyncGenerator[DockerEvent, None]:
        """Container events; the reader ends it."""
        async with self._caller.daemon.blamed(stream=True), aclosing(self._inner.events()) as events:
            async for event in events:
                yield event

    async def read_logs(
        self,
        container: str,
        *,
        since: str = "",
        tail: int | None = None,
        wanted: Wanted = ALL,
    ) -> Sequence[LogLine]:
        """What a container has written so far that is wanted, the newest of it where that is very much. Ends
        with silence, the link or the engine."""
        line = f"docker logs {container}" if tail is None else f"docker logs --tail {tail} {container}"

        async def read(ongoing: Ongoing) -> Sequence[LogLine]:
            newest = NewestLines()
            picker = LinePicker(wanted)
            async with aclosing(self._inner.logs(container, since=since, tail=tail)) as lines:
                async for written in lines:
                    ongoing.alive()
                    for each in picker.take(written):
                        newest.add(each)
                    if picker.is_done:
                        break
            return newest.lines()

        wait = replace(self._caller.quiet(line, self._timeouts.docker), silence=True)
        return await self._caller.call(line, wait, read)

    async def logs(
        self, container: str, *, since: str = "", tail: int | None = None, follow: bool = False
    ) -> AsyncGenerator[LogLine, None]:
        """Container output; the reader ends it."""
        inner = self._inner.logs(container, since=since, tail=tail, follow=follow)
        async with self._caller.daemon.blamed(stream=True), aclosing(inner) as lines:
            async for line in lines:
                yield line


async def _again_after_restart(end: Callable[[], Awaitable[None]]) -> None:
    """A Docker that begins again starts what ran when it ended, so that is ended once more."""
    try:
        await end()
    except DockerRestarted:
        await end()


class GuardedHost:
    """The `Host` protocol with deadlines, as the engine uses it."""

    def __init__(self, inner: Host, caller: Caller, timeouts: Timeouts) -> None:
        self._inner = inner
        self._timeouts = timeouts
        self.caller = caller
        self.docker = GuardedDocker(inner.docker, caller, timeouts)

    @property
    def name(self) -> str:
        """The host as deploy.yml writes it."""
        return self._inner.name

    @property
    def link(self) -> Breaker:
        """Trips when the connection is gone."""
        return self.caller.link

    @property
    def engine(self) -> Breaker:
        """Trips when the Docker Engine no longer answers."""
        return self.caller.engine

    @property
    def daemon(self) -> DaemonWatch:
        """Whether its Docker daemon lives, and what that explains."""
        return self.caller.daemon

    @property
    def breakers(self) -> tuple[Breaker, Breaker]:
        """What ends the work that needs the connection and the engine."""
        return self.link, self.engine

    @property
    def gone(self) -> bool:
        """Whether the connection or the engine has been given up."""
        return self.link.tripped or self.engine.tripped

    @asynccontextmanager
    async def lend(self, port: int) -> AsyncIterator[None]:
        """Lend a port of this machine to the host while the body runs."""
        wait = self.caller.quiet(
            f"lend port {port}", self._timeouts.command, what=WaitKind.COMMAND, owner="sshd"
        )
        async with AsyncExitStack() as lent:
            await self.caller.call(
                f"lend port {port}", wait, lambda _: lent.enter_async_context(self._inner.lend(port))
            )
            yield

    async def run(
        self, script: str, title: str, *, uses_docker: bool = False, limit_s: Seconds | None = None
    ) -> CommandResult:
        """Run a script; `title` stands for it in the record. Raises `CommandFailed` unless it ends with 0."""
        result = await self.attempt(script, title, uses_docker=uses_docker, limit_s=limit_s)
        if result.status != 0:
            raise command_failed(title, result, self.name)
        return result

    async def attempt(
        self, script: str, title: str, *, uses_docker: bool = False, limit_s: Seconds | None = None
    ) -> CommandResult:
        """Run a script and return however it ended. `limit_s` None means `timeouts.command`."""
        limit = self._timeouts.command if limit_s is None else limit_s
        wait = self.caller.quiet(title, limit, what=WaitKind.COMMAND, owner="the command")
        return await self.caller.call(
            title,
            wait,
            lambda _: self._inner.run(script),
            mutates=True,
            breakers=[self.engine] if uses_docker else (),
        )
