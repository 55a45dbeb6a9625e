"""Containers that live on simulated time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from backstaff.clock import Seconds
from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import Container, ContainerState, ContainerSummary, Health, LogLine
from tests.fakes.apps import App
from tests.fakes.clock import EPOCH, START

NEVER = ""
DOCKER_GRACE = 10
FIRST_BACKOFF: Seconds = 0.1
KILLED = 137


def wall_now() -> datetime:
    """The simulated time of day."""
    return EPOCH + timedelta(seconds=asyncio.get_running_loop().time() - START)


@dataclass(eq=False)
class FakeContainer:
    """One container of a fake engine. `tell` is called with Docker's word for each thing that happens."""

    id: str
    name: str
    image: str
    image_id: str
    labels: Mapping[str, str]
    app: App
    tell: Callable[["FakeContainer", str], None]
    restart_policy: str = "unless-stopped"
    created_at: datetime = field(default_factory=wall_now)
    state: ContainerState = ContainerState.CREATED
    started_at: str = NEVER
    finished_at: str = NEVER
    exit_code: int = 0
    oom_killed: bool = False
    restarts: int = 0
    error: str = ""
    health: str = ""
    networks: frozenset[str] = frozenset({"kamal"})
    listed_as: ContainerState | None = None
    """What the list says of it instead, until it ends."""
    stopping: bool = False
    asked_to_stop: bool = False
    """By somebody, not by Docker's own end; Docker remembers that."""
    lines: list[LogLine] = field(default_factory=list)
    readers: list[asyncio.Queue[LogLine | None]] = field(default_factory=list)
    _runs: int = 0
    _up_since: Seconds = inf
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)
    _when_ended: list[Callable[[], None]] = field(default_factory=list)
    _when_awake: list[Callable[[], None]] = field(default_factory=list)

    @property
    def role(self) -> str:
        """The role that its label names."""
        return self.labels.get("role", "")

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self.state is ContainerState.RUNNING

    @property
    def up(self) -> bool:
        """Whether it runs, frozen or not, or is about to again."""
        return self.running or self.paused or self.state is ContainerState.RESTARTING

    @property
    def paused(self) -> bool:
        """Whether it is frozen."""
        return self.state is ContainerState.PAUSED

    @property
    def serves(self) -> bool:
        """Whether it would answer a health check with success now."""
        ready = self.app.ready_after_s
        if not self.running or self.stopping or ready is None:
            return False
        return asyncio.get_running_loop().time() >= self._up_since + ready - 1e-9

    def start(self) -> None:
        """Start it; no error if it runs. Raises `DockerFailed` if it can not be started."""
        if self.running:
            return
        if self.paused:
            raise DockerFailed("cannot start a paused container, try unpause instead", status=409)
        if self.app.start_error:
            self.error = self.app.start_error
            raise DockerFailed(self.app.start_error, status=400)
        self.restarts = 0
        self.asked_to_stop = False
        self._run()

    def stop(self, grace_s: int | None, done: Callable[[], None]) -> None:
        """Ask it to end, kill it after the grace, and call `done` once it has ended."""
        if self.state is ContainerState.RESTARTING:
            self._end(self.exit_code, restart=False)
        # A frozen one wakes to hear the signal, and answers what has come meanwhile.
        self.unpause()
        if not self.running:
            done()
            return
        self._when_ended.append(done)
        if self.stopping:
            return
        self.stopping = True
        self.tell(self, "kill")
        grace = DOCKER_GRACE if grace_s is None else grace_s
        honours = self.app.stop_takes_s <= grace
        takes, code = (self.app.stop_takes_s, 0) if honours else (grace, KILLED)
        self._later(takes, lambda: self._end(code, restart=False))

    def kill(self) -> None:
        """End it at once; a frozen one does nothing more."""
        if self.up:
            self.tell(self, "kill")
            self._end(KILLED, restart=False)

    def pause(self) -> None:
        """Freeze it; no error if it is frozen. Raises `DockerFailed` if it does not run."""
        if self.paused:
            return
        if not self.running:
            raise DockerFailed(f"Container {self.id} is not running", status=409)
        self.state = ContainerState.PAUSED
        self.tell(self, "pause")

    def unpause(self) -> None:
        """Let it go on, if it is frozen; what has fallen due meanwhile happens now."""
        if not self.paused:
            return
        self.state = ContainerState.RUNNING
        self.tell(self, "unpause")
        self._wake()

    def when_awake(self, what: Callable[[], None]) -> None:
        """Do it now, or once it is not frozen any more, whatever has ended that."""
        if self.paused:
            self._when_awake.append(what)
        else:
            what()

    def start_with_docker(self) -> None:
        """Docker begins, ends what still runs of it, and starts it anew if nobody has stopped it."""
        if self.up:
            self._end(KILLED, restart=False)
        if self.restart_policy != "no" and not self.asked_to_stop:
            self._run()

    def say(self, text: str) -> None:
        """Write one line to standard output."""
        # No two lines have the same time, and later ones never an earlier one, as with Docker's nanoseconds.
        micros, nanos = divmod(len(self.lines), 1000)
        at = f"{wall_now() + timedelta(microseconds=micros):%Y-%m-%dT%H:%M:%S.%f}{nanos:03d}Z"
        line = LogLine("stdout", at, text)
        self.lines.append(line)
        for reader in self.readers:
            reader.put_nowait(line)

    def rotate_log(self) -> None:
        """End every stream that follows its log, as Docker may when it begins a new file."""
        for reader in self.readers:
            reader.put_nowait(None)

    def summary(self) -> ContainerSummary:
        """What the list tells."""
        status = {"running": "Up 3 seconds", "exited": f"Exited ({self.exit_code}) 8 seconds ago"}
        return ContainerSummary(
            id=self.id,
            name=self.name,
            image=self.image,
            image_id=self.image_id,
            state=self.listed_as or self.state,
            status=status.get(self.state.value, self.state.value.capitalize()),
            created=int(self.created_at.timestamp()),
            labels=dict(self.labels),
            networks=self.networks,
        )

    def inspected(self) -> Container:
        """What inspection tells."""
        return Container(
            id=self.id,
            name=self.name,
            image=self.image,
            image_id=self.image_id,
            state=self.state,
            created_at=_stamp(self.created_at),
            started_at=self.started_at,
            finished_at=self.finished_at,
            exit_code=self.exit_code,
            oom_killed=self.oom_killed,
            restart_count=self.restarts,
            restart_policy=self.restart_policy,
            error=self.error,
            health=Health(self.health) if self.health else None,
            labels=dict(self.labels),
        )

    def _run(self) -> None:
        app = self.app
        self._runs += 1
        self._up_since = asyncio.get_running_loop().time()
        self.state, self.started_at, self.oom_killed = ContainerState.RUNNING, _stamp(wall_now()), False
        self.stopping = False
        for text in app.says:
            self.say(text)
        if app.has_check:
            self.health = "starting"
            if app.ready_after_s is not None:
                self._later(app.ready_after_s, lambda: self._checked("healthy"))
            if app.unhealthy_after_s is not None:
                self._later(app.unhealthy_after_s, lambda: self._checked("unhealthy"))
        if app.ends_after_s is not None and self._runs <= app.ends_times:
            self._later(app.ends_after_s, lambda: self._end(app.exit_code, restart=True))
        self.tell(self, "start")

    def _checked(self, health: str) -> None:
        self.health = health
        self.tell(self, f"health_status: {health}")

    def _end(self, code: int, *, restart: bool) -> None:
        self._cancel_timers()
        self.exit_code, self.finished_at = code, _stamp(wall_now())
        again = restart and not self.stopping and self.restart_policy != "no"
        self.state = ContainerState.RESTARTING if again else ContainerState.EXITED
        self.stopping = False
        self.listed_as = None
        self.health = ""
        if self.app.oom and restart:
            self.oom_killed = True
            self.tell(self, "oom")
        for reader in self.readers:
            reader.put_nowait(None)
        self.tell(self, "die")
        for done in self._when_ended:
            done()
        self._when_ended.clear()
        self._wake()
        if again:
            self._later(FIRST_BACKOFF * 2**self.restarts, self._run_again)

    def _run_again(self) -> None:
        self.restarts += 1
        self._run()

    def _later(self, seconds: Seconds, what: Callable[[], None]) -> None:
        def due() -> None:
            if self.paused:
                self._when_awake.append(lambda: what() if self.running else None)
            else:
                what()

        self._timers.append(asyncio.get_running_loop().call_later(seconds, due))

    def _wake(self) -> None:
        due, self._when_awake = self._when_awake, []
        for each in due:
            each()

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z"
