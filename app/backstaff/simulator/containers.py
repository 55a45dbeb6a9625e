"""Containers: what they are, and how they live from their start to their end."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backstaff.simulator.errors import DockerRefusal, NotModified
from backstaff.simulator.health import HealthMonitor
from backstaff.simulator.images import HealthCheck, Image
from backstaff.simulator.logs import Log
from backstaff.simulator.machine import Machine
from backstaff.simulator.process import NOT_FOUND, Answer, Neighbour, OutOfMemory, Process, came_within
from backstaff.simulator.programs import exec_not_found, not_found, program_of
from backstaff.simulator.restarts import Backoff
from backstaff.simulator.wanted import Wanted

KILLED = 137
_DEFAULT_GRACE = 10


@dataclass
class State:
    """What inspection tells of a container's life; times in nanoseconds since 1970, 0 for never."""

    running: bool = False
    restarting: bool = False
    exit_code: int = 0
    oom_killed: bool = False
    error: str = ""
    started_at: int = 0
    finished_at: int = 0

    @property
    def status(self) -> str:
        """Docker's word for it."""
        if self.restarting:
            return "restarting"
        if self.running:
            return "running"
        return "exited" if self.started_at else "created"


@dataclass
class _Run:
    """One run of the container's program, from start to end."""

    process: Process
    task: asyncio.Task[None]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    beside: list[asyncio.Task[None]] = field(default_factory=list)


@dataclass
class Execution:
    """A program to run in a container; `write` takes what it prints."""

    id: str
    argv: tuple[str, ...]
    write: Callable[[str, bytes], None]
    env: Mapping[str, str] = field(default_factory=dict)


class Container:
    """One container of a host. Its programs see it as their `Surroundings`."""

    def __init__(self, machine: Machine, wanted: Wanted, image: Image) -> None:
        self.machine = machine
        self.wanted = wanted
        self.image = image
        self.id = secrets.token_hex(32)
        self.name = wanted.name
        self.created_at = machine.stamps.next()
        self.argv = wanted.argv or image.config.cmd
        self.env = {**image.config.env, **wanted.env}
        self.labels = {**image.config.labels, **wanted.labels}
        self.log = Log(machine.stamps.next)
        self.state = State()
        self.health: HealthMonitor | None = None
        self.restart_count = 0
        self.address = ""
        self.sockets: dict[str, object] = {}
        self._storage: dict[str, dict[str, str]] = {}
        self._files: set[str] = set()
        self._listening: dict[int, Answer] = {}
        self._ports: list[tuple[str, int]] = []
        self._run: _Run | None = None
        self._backoff = Backoff()
        self._no_restart = asyncio.Event()
        self._settled = asyncio.Event()

    @property
    def short_id(self) -> str:
        """The twelve digits that also name it."""
        return self.id[:12]

    @property
    def active(self) -> bool:
        """Whether it runs, or is about to again."""
        return self.state.running or self.state.restarting

    @property
    def healthcheck(self) -> HealthCheck | None:
        """The check that counts: its own, or the image's."""
        if self.wanted.no_healthcheck:
            return None
        return self.wanted.healthcheck or self.image.config.healthcheck

    # What an engine does with it.

    def start(self) -> None:
        """Start it. Raises NotModified if it runs, and Docker's refusal if it can not."""
        if self.active:
            raise NotModified
        if program_of(self.argv) is None:
            self.state.exit_code = 127
            self.state.error = not_found(self.argv[0]).message
            raise not_found(self.argv[0])
        self._take_ports()
        self._no_restart, self._settled = asyncio.Event(), asyncio.Event()
        self._backoff = Backoff()
        run = self._begin()
        self.machine.spawn(self._live(run))

    async def stop(self, grace: int | None) -> None:
        """End it: SIGTERM, and SIGKILL after `grace` seconds. Raises NotModified if it does not run."""
        if not self.active:
            raise NotModified
        self._no_restart.set()
        run = self._run
        if run is not None and not self.state.restarting:
            self._tell("kill", signal="15")
            run.process.terminated.set()
            seconds = self._grace(grace)
            if not await came_within(self.machine.clock, run.ended, seconds):
                self._kill(run)
        await self._settled.wait()
        self._tell("stop")

    async def kill(self) -> None:
        """End it at once."""
        if not self.active:
            raise DockerRefusal(
                409, f"Cannot kill container: {self.name}: Container {self.id} is not running"
            )
        self._no_restart.set()
        if self._run is not None and not self.state.restarting:
            self._kill(self._run)
        await self._settled.wait()

    def rename(self, name: str) -> None:
        """Give it another name, which is free."""
        old, self.name = self.name, name
        self._tell("rename", oldName=f"/{old}")

    def create_event(self) -> None:
        """Tell that it was created."""
        self._tell("create")

    def destroy_event(self) -> None:
        """Tell that it is gone."""
        self.log.end_following()
        self._tell("destroy")

    async def execute(self, execution: Execution) -> int:
        """Run a program in it beside its own, and return its exit code; it ends with the container."""
        program = program_of(execution.argv)
        line, run = " ".join(execution.argv), self._run
        self._tell(f"exec_start: {line}", execID=execution.id)
        if program is None or run is None:
            execution.write("stdout", exec_not_found(execution.argv[0]))
            self._tell("exec_die", execID=execution.id, exitCode=str(NOT_FOUND))
            return NOT_FOUND
        env = {**self.env, **execution.env}
        process = Process(execution.argv, env, self.machine.clock, self, execution.write)
        codes: list[int] = []

        async def until_end() -> None:
            codes.append(await program(process))

        task = self.machine.spawn(until_end())
        run.beside.append(task)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            code = codes[0] if codes else KILLED
            self._tell("exec_die", execID=execution.id, exitCode=str(code))
        return code

    def prepare(self, argv: tuple[str, ...], write: Callable[[str, bytes], None]) -> "Execution":
        """A program to `execute`."""
        execution = Execution(secrets.token_hex(32), argv, write)
        self._tell(f"exec_create: {' '.join(argv)}", execID=execution.id)
        return execution

    async def wait(self) -> int:
        """Its exit code, once it has ended for good."""
        if self.active:
            await self._settled.wait()
        return self.state.exit_code

    # What its programs see.

    @property
    def memory_limit(self) -> int:
        """Bytes, 0 without a limit."""
        return self.wanted.memory

    def listen(self, port: int, answer: Answer) -> None:
        """Answer requests on a port."""
        self._listening[port] = answer

    def get(self, port: int, path: str) -> int | None:
        """A request to one of its ports."""
        if port not in self._listening:
            raise ConnectionRefusedError
        return self._listening[port](path)

    def write_file(self, path: str) -> None:
        """Make a file."""
        self._files.add(path)

    def has_file(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._files

    def volume(self, path: str) -> dict[str, str]:
        """What is stored under a path."""
        mount = next((each for each in self.wanted.mounts if each.target == path), None)
        if mount is None:
            return self._storage.setdefault(path, {})
        return self.machine.volumes.setdefault(mount.source, {})

    def host_path(self, path: str) -> Path | None:
        """Where a path inside is on the host."""
        for mount in self.wanted.mounts:
            if mount.source.startswith("/") and (path == mount.target or path.startswith(f"{mount.target}/")):
                return Path(mount.source) / path.removeprefix(mount.target).lstrip("/")
        return None

    def neighbour(self, name: str) -> Neighbour | None:
        """Another running container of its network."""
        return self.machine.neighbour(self.wanted.network, name)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Do work beside the program; it ends with it."""
        task = self.machine.spawn(work)
        if self._run is not None:
            self._run.beside.append(task)

    # How it lives.

    def _begin(self) -> _Run:
        self.state = State(running=True, started_at=self.machine.stamps.next())
        self.state.finished_at = 0
        self.address = self.address or self.machine.new_address()
        process = Process(self.argv, self.env, self.machine.clock, self, self.log.write)
        ready = asyncio.Event()
        run = _Run(process, self.machine.spawn(self._execute(process, ready)))
        self._run = run
        self._watch_health(run)
        self._tell("start")
        ready.set()
        return run

    async def _execute(self, process: Process, ready: asyncio.Event) -> None:
        await ready.wait()
        program = program_of(self.argv)
        try:
            if program is not None:
                self.state.exit_code = await program(process)
        except OutOfMemory:
            self.state.exit_code, self.state.oom_killed = KILLED, True
            self._tell("oom")

    async def _live(self, run: _Run) -> None:
        """From the first start to the last end, through all restarts."""
        try:
            while True:
                await self._until_ended(run)
                delay = self._restart_delay()
                if delay is None or await came_within(self.machine.clock, self._no_restart, delay):
                    break
                await self.machine.thawed.wait()
                run = self._begin()
        finally:
            self.state.running = self.state.restarting = False
            self._release_ports()
            self.log.end_following()
            self._settled.set()

    async def _until_ended(self, run: _Run) -> None:
        await asyncio.wait({run.task})
        if run.task.cancelled():
            self.state.exit_code = KILLED
        for task in run.beside:
            task.cancel()
        self._listening.clear()
        self._files.clear()
        self.sockets.clear()
        self.log.flush()
        self.state.running = False
        self.state.finished_at = self.machine.stamps.next()
        if self.health is not None:
            # Docker calls what it no longer checks unhealthy, without an event.
            self.health.status = "unhealthy"
        self._tell("die", exitCode=str(self.state.exit_code))
        run.ended.set()

    def _restart_delay(self) -> float | None:
        """How long until it is started again, None if it is not."""
        policy = self.wanted.restart
        if self._no_restart.is_set() or not policy.wants(self.state.exit_code, self.restart_count):
            return None
        self.restart_count += 1
        self.state.restarting = True
        return self._backoff.after((self.state.finished_at - self.state.started_at) / 1e9)

    def _watch_health(self, run: _Run) -> None:
        check = self.healthcheck
        if check is None:
            return

        def changed(status: str) -> None:
            self._tell(f"health_status: {status}")

        clock, stamp = self.machine.clock, self.machine.stamps.next
        self.health = HealthMonitor(check, clock, stamp, self._run_check, changed)
        run.beside.append(self.machine.spawn(self.health.watch()))

    async def _run_check(self, argv: tuple[str, ...]) -> tuple[int, str]:
        await self.machine.thawed.wait()
        output = bytearray()
        code = await self.execute(self.prepare(argv, lambda _stream, data: output.extend(data)))
        return code, output.decode("utf-8", "replace")

    def _kill(self, run: _Run) -> None:
        self._tell("kill", signal="9")
        run.task.cancel()

    def _grace(self, grace: int | None) -> int:
        if grace is not None:
            return grace
        own = self.wanted.stop_timeout
        return _DEFAULT_GRACE if own is None else own

    def _take_ports(self) -> None:
        taken = self.machine.ports
        for port in self.wanted.ports:
            address = port.address or "0.0.0.0"  # noqa: S104 (compared and shown only)
            if (address, port.outer) in taken:
                self._release_ports()
                self.state.error = self._port_error(address, port.outer)
                self.state.exit_code = 128
                raise DockerRefusal(500, self.state.error)
            taken.add((address, port.outer))
            self._ports.append((address, port.outer))

    def _port_error(self, address: str, port: int) -> str:
        endpoint = f"{self.name} ({secrets.token_hex(32)})"
        return (
            f"driver failed programming external connectivity on endpoint {endpoint}: "
            f"Bind for {address}:{port} failed: port is already allocated"
        )

    def _release_ports(self) -> None:
        self.machine.ports.difference_update(self._ports)
        self._ports.clear()

    def _tell(self, action: str, **more: str) -> None:
        attributes = {**self.labels, "image": self.wanted.image, "name": self.name, **more}
        self.machine.events.tell("container", action, self.id, attributes)
