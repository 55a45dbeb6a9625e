"""What the engine may ask of a host. Real hosts, simulated ones and test doubles all look like this.

Every method may raise `HostLost` when the connection ends, and none has a deadline of its own: the engine
puts one around each call. Cancelling a call abandons it; nothing of it stays behind on our side.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class CommandResult:
    """How a command on a host ended. Output is decoded as UTF-8 with replacement characters."""

    status: int
    stdout: str = ""
    stderr: str = ""


class ContainerState(StrEnum):
    """Docker's own container states."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


@dataclass(frozen=True)
class HealthCheckResult:
    """One run of a container's HEALTHCHECK, as Docker keeps it."""

    started_at: str
    exit_code: int
    output: str


@dataclass(frozen=True)
class Health:
    """Docker's view of a container with a HEALTHCHECK: `starting`, `healthy` or `unhealthy`."""

    status: str
    failing_streak: int = 0
    log: tuple[HealthCheckResult, ...] = ()


@dataclass(frozen=True)
class ContainerSummary:
    """A container as the list tells it. `image` is the name it was created from, or an id if untagged.
    `networks` are the names of those it is on, or would be if it ran."""

    id: str
    name: str
    image: str
    image_id: str
    state: ContainerState
    status: str
    created: int
    labels: Mapping[str, str] = field(default_factory=dict)
    networks: frozenset[str] = frozenset()

    @property
    def short_id(self) -> str:
        """The twelve characters that Docker also accepts, and resolves as a name on its networks."""
        return self.id[:12]


@dataclass(frozen=True)
class Container:
    """A container as inspection tells it. Times are Docker's RFC 3339 text, empty where never reached."""

    id: str
    name: str
    image: str
    image_id: str
    state: ContainerState
    created_at: str
    started_at: str
    finished_at: str
    exit_code: int
    oom_killed: bool
    restart_count: int
    restart_policy: str
    error: str
    health: Health | None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """An image on a host, with its tags as `repository:tag` and the labels of its configuration."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PullProgress:
    """Where a pull stands: bytes over all layers known so far, and Docker's last status text."""

    current: int
    total: int
    layers_done: int
    layers: int
    status: str


@dataclass(frozen=True)
class RegistryAuth:
    """Credentials for one pull; they travel in the request's header and nowhere else."""

    server: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class DockerEvent:
    """A container event, such as `start`, `die`, `oom`, `rename` or `health_status: healthy`."""

    action: str
    container_id: str
    container_name: str
    at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LogLine:
    """One line a container wrote, without its line end; `at` is Docker's RFC 3339 time of it."""

    stream: str
    at: str
    text: str


class Docker(Protocol):
    """The Docker Engine of one host. Failures raise `DockerFailed`, a dead engine `DockerUnavailable`."""

    async def ping(self) -> None:
        """Return when the engine answers."""

    async def version(self) -> str:
        """The engine's version, such as `20.10.24`."""
        ...

    async def time(self) -> datetime:
        """The time of day by the host's own clock, which made the times of all its containers; aware."""
        ...

    async def free_disk(self) -> int | None:
        """Bytes free where Docker keeps its data, None where the engine does not tell."""
        ...

    async def containers(self, labels: Mapping[str, str] | None = None) -> Sequence[ContainerSummary]:
        """All containers, running or not, that carry all of `labels`; newest first."""
        ...

    async def inspect(self, container: str) -> Container | None:
        """One container by id or exact name; None if there is none."""
        ...

    async def start(self, container: str) -> None:
        """Start a created or stopped container; starting a running one is no error."""

    async def stop(self, container: str, *, grace_s: int | None = None) -> None:
        """Ask it to end, kill it after `grace_s` (None: the container's own setting, else Docker's 10 s)."""

    async def kill(self, container: str) -> None:
        """End a running or paused container at once, without a word; nothing of a paused one runs again.
        Ending one that does not run is no error."""

    async def pause(self, container: str) -> None:
        """Freeze a running container: nothing in it runs, requests to it hang. Pausing a paused one is no
        error; `DockerFailed` if it does not run."""

    async def unpause(self, container: str) -> None:
        """Let a paused container go on; one that is not paused, or is gone, is no error."""

    async def rename(self, container: str, name: str) -> None:
        """Give a container another name."""

    async def remove(self, container: str, *, with_volumes: bool = False) -> None:
        """Remove a stopped container, and its volumes that have no name where that is asked for; one that is
        gone already is no error."""

    async def image(self, name: str) -> Image | None:
        """One image by name or id; None if it is not on the host."""
        ...

    async def images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        """All images that carry all of `labels`."""
        ...

    def pull(self, name: str, auth: RegistryAuth | None) -> AsyncGenerator[PullProgress, None]:
        """Pull an image and report on the way; raises `DockerFailed` in the words of the registry."""
        ...

    async def tag(self, name: str, repository: str, tag: str) -> None:
        """Give an image one more tag."""

    async def untag(self, name: str) -> None:
        """Remove a tag, and the image with its last one; one that is gone already is no error."""

    async def prune_dangling_images(self, labels: Mapping[str, str]) -> int:
        """Remove untagged, unused images that carry all of `labels`; how many went."""
        ...

    async def ensure_network(self, name: str) -> bool:
        """Create a bridge network unless it is there; True if it was created."""
        ...

    async def execute(self, container: str, argv: Sequence[str]) -> CommandResult:
        """Run a program inside a running container and wait for its end."""
        ...

    async def make_ready(self, container: str, argv: Sequence[str]) -> None:
        """Have a program ready in a running container: an `execute` of the same words then starts it at once.
        One that is never executed does nothing."""

    def events(self) -> AsyncGenerator[DockerEvent, None]:
        """Container events from now on, until closed. The first `anext` returns only with an event."""
        ...

    def logs(
        self, container: str, *, since: str = "", tail: int | None = None, follow: bool = False
    ) -> AsyncGenerator[LogLine, None]:
        """What a container wrote, oldest first. `since` is RFC 3339 or seconds since 1970."""
        ...


class Host(Protocol):
    """One server over one connection."""

    @property
    def name(self) -> str:
        """The host exactly as deploy.yml writes it."""
        ...

    @property
    def docker(self) -> Docker:
        """Its Docker Engine."""
        ...

    async def run(self, script: str) -> CommandResult:
        """Run a POSIX shell script in the login home. It travels over standard input, so nothing of it is
        in a process list. A non-zero status is returned; an end by signal or a lost channel raises
        `CommandFailed` with status None."""
        ...

    def lend(self, port: int) -> AbstractAsyncContextManager[None]:
        """While open, `localhost:port` on the host reaches the same port on this machine."""
        ...

    async def wait_lost(self) -> str:
        """Return, with the reason, when the connection is gone."""
        ...

    async def close(self) -> None:
        """Close everything that belongs to this host, within a short time of its own."""


class Connector(Protocol):
    """Makes connections."""

    async def connect(self, name: str) -> Host:
        """Connect and log in; raises `HostUnreachable` or one of its kinds."""
        ...

    async def open_docker(self, host: Host) -> None:
        """Make `host.docker` usable; raises `DockerUnavailable` saying what is missing."""
