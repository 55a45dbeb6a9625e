"""The Docker Engine of a host: the `Docker` protocol over the Engine API."""

import re
import shlex
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import quote

import aiodocker

from backstaff.hosts import docker_records as records
from backstaff.hosts.docker_engine import DockerEngine
from backstaff.hosts.docker_exec import Programs
from backstaff.hosts.docker_follow import follow_events, read_log
from backstaff.hosts.docker_http import filters, label_filter
from backstaff.hosts.docker_pull import pull_image
from backstaff.hosts.docker_socket import DockerSocket
from backstaff.hosts.docker_words import is_missing
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

_CONFLICT = 409
_KILOBYTES = re.compile("[0-9]{1,18}")


class DockerApi:
    """Every call may raise DockerFailed, DockerUnavailable and HostLost, with the host's name.

    `run` runs a script on the host, for the little that the Engine API does not tell.
    """

    def __init__(
        self, host: str, socket: DockerSocket, run: Callable[[str], Awaitable[CommandResult]]
    ) -> None:
        self._engine = DockerEngine(host, socket)
        self._run = run
        self._programs = Programs()

    async def open(self) -> None:
        """Connect to the engine now, to learn at once whether it can be used."""
        async with self._engine.calling("docker version"):
            return

    async def close(self) -> None:
        """End all calls and streams."""
        await self._engine.close()

    async def ping(self) -> None:
        """Return when the engine answers over a new connection."""
        async with self._engine.calling("docker version") as http:
            await http.knock()

    async def version(self) -> str:
        """The engine's version, such as `20.10.24`."""
        async with self._engine.calling("docker version") as http:
            return http.version.version

    async def time(self) -> datetime:
        """The time of day by the host's own clock."""
        async with self._engine.calling("docker info") as http:
            return records.info(await http.api.system.info()).system_time

    async def free_disk(self) -> int | None:
        """Bytes free where Docker keeps its data, None where the host does not tell."""
        async with self._engine.calling("docker info") as http:
            root = records.info(await http.api.system.info()).docker_root_dir
        result = await self._run(f"df -Pk -- {shlex.quote(root)}")
        fields = result.stdout.splitlines()[-1].split() if result.status == 0 and result.stdout else []
        return int(fields[3]) * 1024 if len(fields) > 3 and _KILOBYTES.fullmatch(fields[3]) else None

    async def containers(self, labels: Mapping[str, str] | None = None) -> Sequence[ContainerSummary]:
        """All containers, running or not, that carry all of `labels`; newest first."""
        async with self._engine.calling("docker ps") as http:
            query = {"all": "1", "filters": filters(label=label_filter(labels or {}))}
            summaries = records.container_summaries(await http.ask("GET", "containers/json", params=query))
        return sorted(summaries, key=lambda summary: summary.created, reverse=True)

    async def inspect(self, container: str) -> Container | None:
        """One container by id or exact name; None if there is none."""
        async with self._engine.calling("docker inspect") as http:
            try:
                return records.container(await http.api.containers.container(_path(container)).show())
            except aiodocker.DockerError as error:
                if not _is_missing(error):
                    raise
        return None

    async def start(self, container: str) -> None:
        """Start a created or stopped container; starting a running one is no error."""
        async with self._engine.calling("docker start") as http:
            await http.order("POST", f"containers/{_path(container)}/start")

    async def stop(self, container: str, *, grace_s: int | None = None) -> None:
        """Ask it to end, kill it after `grace_s` (None: the container's own setting, else Docker's 10 s)."""
        query = {} if grace_s is None else {"t": str(grace_s)}
        async with self._engine.calling("docker stop") as http:
            await http.order("POST", f"containers/{_path(container)}/stop", params=query)

    async def kill(self, container: str) -> None:
        """End a running or paused container at once; ending one that does not run is no error.

        The engine wakes a paused one itself once the signal stands, so that nothing of it runs before."""
        async with self._engine.calling("docker kill") as http:
            with _unless("is not running"):
                await http.order("POST", f"containers/{_path(container)}/kill")

    async def pause(self, container: str) -> None:
        """Freeze a running container; pausing a paused one is no error."""
        async with self._engine.calling("docker pause") as http:
            with _unless("is already paused"):
                await http.order("POST", f"containers/{_path(container)}/pause")

    async def unpause(self, container: str) -> None:
        """Let a paused container go on; one that is not paused, or is gone, is no error."""
        async with self._engine.calling("docker unpause") as http:
            with _unless("is not paused", "No such container"):
                await http.order("POST", f"containers/{_path(container)}/unpause")

    async def rename(self, container: str, name: str) -> None:
        """Give a container another name."""
        async with self._engine.calling("docker rename") as http:
            await http.order("POST", f"containers/{_path(container)}/rename", params={"name": name})

    async def remove(self, container: str, *, with_volumes: bool = False) -> None:
        """Remove a stopped container, and its volumes that have no name; one that is gone already, or is
        going, is no error."""
        query = {"v": "true"} if with_volumes else {}
        async with self._engine.calling("docker rm") as http:
            try:
                await http.order("DELETE", f"containers/{_path(container)}", params=query)
            except aiodocker.DockerError as error:
                going = error.status == _CONFLICT and "already in progress" in error.message
                if not (_is_missing(error) or going):
                    raise

    async def image(self, name: str) -> Image | None:
        """One image by name or id; None if it is not on the host."""
        async with self._engine.calling("docker image inspect") as http:
            try:
                return records.image(await http.api.images.inspect(name))
            except aiodocker.DockerError as error:
                if not _is_missing(error):
                    raise
        return None

    async def images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        """All images that carry all of `labels`."""
        async with self._engine.calling("docker image ls") as http:
            return records.image_summaries(
                await http.api.images.list(filters={"label": label_filter(labels)})
            )

    async def pull(self, name: str, auth: RegistryAuth | None) -> AsyncGenerator[PullProgress, None]:
        """Pull an image and report on the way; raises `DockerFailed` in the words of the registry."""
        async with self._engine.calling("docker pull") as http:
            async for progress in pull_image(http, name, auth):
                yield progress

    async def tag(self, name: str, repository: str, tag: str) -> None:
        """Give an image one more tag."""
        async with self._engine.calling("docker tag") as http:
            await http.order("POST", f"images/{name}/tag", params={"repo": repository, "tag": tag})

    async def untag(self, name: str) -> None:
        """Remove a tag, and the image with its last one; one that is gone already is no error."""
        async with self._engine.calling("docker rmi") as http:
            try:
                records.require_removed_images(await http.api.images.delete(name))
            except aiodocker.DockerError as error:
                if not _is_missing(error):
                    raise

    async def prune_dangling_images(self, labels: Mapping[str, str]) -> int:
        """Remove untagged, unused images that carry all of `labels`; how many went."""
        dangling = {"dangling": ["true"], "label": label_filter(labels)}
        async with self._engine.calling("docker image prune") as http:
            before = records.image_summaries(await http.api.images.list(filters=dangling))
            if not before:
                return 0
            result = records.PruneResult.model_validate(await http.api.images.prune(filters=dangling))
        return len({image.id for image in before} & result.ids)

    async def ensure_network(self, name: str) -> bool:
        """Create a bridge network unless it is there; True if it was created."""
        async with self._engine.calling("docker network create") as http:
            try:
                records.identity((await http.api.networks.get(_path(name))).id)
            except aiodocker.DockerError as error:
                if not _is_missing(error):
                    raise
            else:
                return False
            try:
                # Without CheckDuplicate, engines before 25 make a second network of the same name.
                wanted = {"Name": name, "Driver": "bridge", "CheckDuplicate": True}
                records.identity((await http.api.networks.create(wanted)).id)
            except aiodocker.DockerError as error:
                if error.status != _CONFLICT:
                    raise
                return False
        return True

    async def execute(self, container: str, argv: Sequence[str]) -> CommandResult:
        """Run a program inside a running container and wait for its end."""
        async with self._engine.calling("docker exec") as http:
            return await self._programs.execute(http, container, argv)

    async def make_ready(self, container: str, argv: Sequence[str]) -> None:
        """Have a program ready in a running container, for an `execute` of the same words to start it."""
        async with self._engine.calling("docker exec") as http:
            await self._programs.make_ready(http, container, argv)

    async def events(self) -> AsyncGenerator[DockerEvent, None]:
        """Container events from now on, until closed. The first `anext` returns only with an event.

        Ends only by an error: DockerUnavailable when the engine ends it, HostLost with the connection.
        """
        async with self._engine.calling("docker events") as http:
            async for event in follow_events(http, self._programs.ends):
                yield event

    async def logs(
        self, container: str, *, since: str = "", tail: int | None = None, follow: bool = False
    ) -> AsyncGenerator[LogLine, None]:
        """What a container wrote, oldest first. `since` is RFC 3339 or seconds since 1970."""
        name = _path(container)
        async with self._engine.calling("docker logs") as http:
            terminal = records.has_terminal(await http.api.containers.container(name).show())
            log = read_log(http, name, terminal=terminal, since=since, tail=tail, follow=follow)
            async for line in log:
                yield line


@contextmanager
def _unless(*says: str) -> Iterator[None]:
    """Let a refusal in one of these words pass: what was asked for is so already. The status that comes with
    them is not the same in all versions of Docker."""
    try:
        yield
    except aiodocker.DockerError as error:
        if not any(words in error.message for words in says):
            raise


def _is_missing(error: aiodocker.DockerError) -> bool:
    return is_missing(error.message, error.status)


def _path(name: str) -> str:
    """A name as one piece of an address."""
    return quote(name, safe="")
