"""The Docker Engine of a fake server, as one connection sees it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import (
    CommandResult,
    Container,
    ContainerSummary,
    DockerEvent,
    Image,
    LogLine,
    PullProgress,
    RegistryAuth,
)
from backstaff.kamal.names import PROXY_CONTAINER
from tests.fakes.containers import FakeContainer, wall_now
from tests.fakes.faults import Fault
from tests.fakes.server import FakeImage, FakeServer
from tests.fakes.wire import Reply, Wire

T = TypeVar("T")


class FakeDocker:
    """The `Docker` protocol over one wire."""

    def __init__(self, server: FakeServer, wire: Wire) -> None:
        self._server = server
        self._wire = wire

    async def _do(self, operation: str, work: Callable[[], T]) -> T:
        return await self._wire.ask(operation, lambda reply: reply.give(work()))

    async def ping(self) -> None:
        def ping() -> None:
            if self._server.engine.closing:
                raise self._wire.not_running()

        await self._do("ping", ping)

    async def version(self) -> str:
        return await self._do("version", lambda: "20.10.24")

    async def time(self) -> datetime:
        return await self._do("time", lambda: wall_now() + self._server.clock_ahead)

    async def free_disk(self) -> int | None:
        return await self._do("free_disk", lambda: 10**10)

    async def containers(self, labels: Mapping[str, str] | None = None) -> Sequence[ContainerSummary]:
        def listed() -> list[ContainerSummary]:
            all_of_them = [each.summary() for each in self._server.containers.values()]
            wanted = (labels or {}).items()
            found = [each for each in all_of_them if wanted <= dict(each.labels).items()]
            return sorted(found, key=lambda each: each.created, reverse=True)

        return await self._do("containers", listed)

    async def inspect(self, container: str) -> Container | None:
        def inspected() -> Container | None:
            found = self._server.find(container)
            return found.inspected() if found else None

        return await self._do("inspect", inspected)

    async def start(self, container: str) -> None:
        await self._do("start", lambda: self._server.get(container).start())

    async def stop(self, container: str, *, grace_s: int | None = None) -> None:
        def stop(reply: Reply[None]) -> None:
            self._server.stop(container, grace_s, lambda: reply.give(None))

        await self._wire.ask("stop", stop)

    async def kill(self, container: str) -> None:
        await self._do("kill", lambda: self._server.kill(container))

    async def pause(self, container: str) -> None:
        await self._do("pause", lambda: self._server.pause(container))

    async def unpause(self, container: str) -> None:
        await self._do("unpause", lambda: self._server.unpause(container))

    async def rename(self, container: str, name: str) -> None:
        def rename() -> None:
            if self._server.find(name) is not None:
                raise DockerFailed(f'Conflict. The container name "/{name}" is already in use', status=409)
            found = self._server.get(container)
            found.name = name
            found.tell(found, "rename")

        await self._do("rename", rename)

    async def remove(self, container: str, *, with_volumes: bool = False) -> None:
        await self._do("remove", lambda: self._server.remove(container))

    async def image(self, name: str) -> Image | None:
        def image() -> Image | None:
            found = self._server.image(name)
            return _image(found) if found else None

        return await self._do("image", image)

    async def images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        def images() -> list[Image]:
            found = self._server.images.values()
            return [_image(each) for each in found if labels.items() <= dict(each.labels).items()]

        return await self._do("images", images)

    async def pull(self, name: str, auth: RegistryAuth | None) -> AsyncGenerator[PullProgress, None]:
        pull = self._server.pulls
        await self._do("pull", lambda: None)
        for step in range(1, pull.steps + 1):
            await self._wire.pause(pull.step_s)
            yield PullProgress(step, pull.steps, 0, 1, f"Downloading {step}")
        if pull.error:
            raise DockerFailed(pull.error, status=404, where=self._server.name)
        if pull.goes_silent:
            await self._wire.lost.wait()
            self._wire.check()
        self._server.add_image(name)

    async def tag(self, name: str, repository: str, tag: str) -> None:
        await self._do("tag", lambda: self._server.tag(name, f"{repository}:{tag}"))

    async def untag(self, name: str) -> None:
        def untag() -> None:
            image = self._server.image(name)
            if image is None:
                return
            image.tags.discard(name)
            if not image.tags:
                del self._server.images[image.id]

        await self._do("untag", untag)

    async def prune_dangling_images(self, labels: Mapping[str, str]) -> int:
        return await self._do("prune", lambda: 0)

    async def ensure_network(self, name: str) -> bool:
        def ensure() -> bool:
            there = name in self._server.networks
            self._server.networks.add(name)
            return not there

        return await self._do("network", ensure)

    async def make_ready(self, container: str, argv: Sequence[str]) -> None:
        await self._do("make ready", lambda: None)

    async def execute(self, container: str, argv: Sequence[str]) -> CommandResult:
        def execute(reply: Reply[CommandResult]) -> None:
            if not self._server.get(container).running:
                raise DockerFailed(
                    f"Container {container} is not running", status=self._server.status_of_ended
                )
            if container != PROXY_CONTAINER:
                raise AssertionError(f"nothing to execute in {container}")
            self._server.proxy.answer(argv, reply)

        def refuse(fault: Fault, reply: Reply[CommandResult]) -> None:
            reply.give(CommandResult(1, stderr=f"Error: {fault.text}"))

        return await self._wire.ask(argv[1], execute, refuse=refuse)

    async def events(self) -> AsyncGenerator[DockerEvent, None]:
        await self._do("events", lambda: None)
        queue: asyncio.Queue[DockerEvent | None] = asyncio.Queue()
        self._server.subscribers.append(queue)
        stream = self._wire.opened(lambda: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            stream.check()
        finally:
            self._server.subscribers.remove(queue)
            stream.close()

    async def logs(
        self, container: str, *, since: str = "", tail: int | None = None, follow: bool = False
    ) -> AsyncGenerator[LogLine, None]:
        found = await self._do("logs", lambda: self._server.get(container))
        written = [line for line in found.lines if _not_before(line, since)]
        goes_on = follow and found.running
        queue: asyncio.Queue[LogLine | None] = asyncio.Queue()
        if goes_on:
            found.readers.append(queue)
        stream = self._wire.opened(lambda: queue.put_nowait(None))
        try:
            for line in written if tail is None else written[-tail:]:
                yield line
            while goes_on and (fresh := await queue.get()) is not None:
                yield fresh
            stream.check()
        finally:
            _stop_reading(found, queue)
            stream.close()


def _stop_reading(container: FakeContainer, queue: asyncio.Queue[LogLine | None]) -> None:
    if queue in container.readers:
        container.readers.remove(queue)


def _not_before(line: LogLine, since: str) -> bool:
    """Docker takes RFC 3339 and seconds since 1970."""
    if not since or since.endswith("Z"):
        return line.at >= since
    return line.at >= f"{datetime.fromtimestamp(float(since), UTC):%Y-%m-%dT%H:%M:%S.%f}"


def _image(image: FakeImage) -> Image:
    return Image(image.id, tuple(sorted(image.tags)), dict(image.labels))
