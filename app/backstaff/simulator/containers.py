"""Containers: what they are, and how they live from their start to their end."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from backstaff.simulator.errors import DockerRefusal, NotModified
from backstaff.simulator.health import HealthMonitor
from backstaff.simulator.images import HealthCheck, Image
from backstaff.simulator.inside import Inside
from backstaff.simulator.logs import Log
from backstaff.simulator.machine import Machine
from backstaff.simulator.process import NOT_FOUND, OutOfMemory, Process, Program, came_within
from backstaff.simulator.programs import exec_not_found, not_found, program_of
from backstaff.simulator.restarts import Backoff
from backstaff.simulator.wanted import Wanted

KILLED = 137
_DEFAULT_GRACE = 10


@dataclass
class State:
    """What inspection tells of a container's life; times in nanoseconds since 1970, 0 for never."""

    running: bool = False
    paused: bool = False
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
            return "paused" if self.paused else "running"
        return "exited" if self.started_at else "created"


@dataclass
class _Run:
    """One run of the container's program, from start to end."""

    process: Process
    task: asyncio.Task[None]
    inside: Inside
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Execution:
    """A program to run in a container; `write` takes what it prints."""

    id: str
    argv: tuple[str, ...]
    write: Callable[[str, bytes], None]
    env: Mapping[str, str] = field(default_factory=dict)


class Container:
    """One container of a host."""

    def __init__(self, machine: Machine, wanted: Wanted, image: Image) -> None:
        self.machine = machine
        self.wanted = wanted
        self.image = image
        self.id = secrets.token_hex(32)
        self.name = wanted.name
        self.created_at = machine.stamps.next()
        self.argv = wanted.argv or image.config.cmd
        self.labels = {**image.config.labels, **wanted.labels}
        self.env = {**image.config.env, **wanted.env, **self._mode_here()}
        self.log = Log(machine.stamps.next)
        self.state = State()
        self.health: HealthMonitor | None = None
        self.restart_count = 0
        self.address = ""
        self._storage: dict[str, dict[str, str]] = {}
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
    def inside(self) -> Inside | None:
        """What its programs see, while it runs."""
        return self._run.inside if self._run is not None and self.state.running else None

    @property
    def healthcheck(self) -> HealthCheck | None:
        """The check that counts: its own, or the image's."""
        if self.wanted.no_healthcheck:
            return None
        return self.wanted.healthcheck or self.image.config.healthcheck

    def start(self) -> None:
        """Start it. Raises NotModified if it runs, and Docker's refusal if it can not."""
        if self.state.paused:
            raise DockerRefusal(409, "cannot start a paused container, try unpause instead")
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
            self._wake(run)
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

    def pause(self) -> None:
        """Freeze it: its program stands still, and whoever asks it for something waits."""
        if not self.active:
            raise DockerRefusal(409, f"Container {self.id} is not running")
        if self.state.paused:
            raise DockerRefusal(409, f"Container {self.id} is already paused")
        if self.state.restarting or self._run is None:
            raise DockerRefusal(
                409, f"Container {self.id} is restarting, wait until the container is running"
            )
        self.state.paused = True
        self._run.inside.awake.clear()
        self._tell("pause")

    def unpause(self) -> None:
        """Let it go on."""
        if not self.state.paused or self._run is None:
            raise DockerRefusal(500, f"Container {self.id} is not paused")
        self._wake(self._run)

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
        program, inside = program_of(execution.argv), self.inside
        self._tell(f"exec_start: {' '.join(execution.argv)}", execID=execution.id)
        if inside is None:
            code = KILLED
        elif program is None:
            execution.write("stdout", exec_not_found(execution.argv[0]))
            code = NOT_FOUND
        else:
            code = await self._execute_beside(program, inside, execution)
        self._tell("exec_die", execID=execution.id, exitCode=str(code))
        return code

    async def _execute_beside(self, program: Program, inside: Inside, execution: Execution) -> int:
        env = {**self.env, **execution.env}
        process = Process(execution.argv, env, self.machine.clock, inside, execution.write)
        codes: list[int] = []

        async def until_end() -> None:
            codes.append(await program(process))

        task = inside.spawn(until_end())
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        return codes[0] if codes else KILLED

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

    def _mode_here(self) -> dict[str, str]:
        image, modes = self.wanted.image, self.machine.modes
        mode = modes.get(f"{image} {self.labels.get('role', '')}") or modes.get(image)
        return {"APP_MODE": mode} if mode else {}

    def _begin(self) -> _Run:
        self.state = State(running=True, started_at=self.machine.stamps.next())
        self.state.finished_at = 0
        self.address = self.address or self.machine.new_address()
        inside = Inside(self.machine, self.wanted, self._storage)
        process = Process(self.argv, self.env, self.machine.clock, inside, self.log.write)
        ready = asyncio.Event()
        run = _Run(process, self.machine.spawn(self._execute(process, ready)), inside)
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
            self.state.running = self.state.paused = self.state.restarting = False
            self._release_ports()
            self._settled.set()

    async def _until_ended(self, run: _Run) -> None:
        await asyncio.wait({run.task})
        if run.task.cancelled():
            self.state.exit_code = KILLED
        run.inside.end()
        self.log.flush()
        self.log.end_following()
        self.state.running = self.state.paused = False
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
        run.inside.spawn(self.health.watch())

    async def _run_check(self, argv: tuple[str, ...]) -> tuple[int, str]:
        await self.machine.thawed.wait()
        if self._run is not None:
            await self._run.inside.until_awake()
        output = bytearray()
        code = await self.execute(self.prepare(argv, lambda _stream, data: output.extend(data)))
        return code, output.decode("utf-8", "replace")

    def _wake(self, run: _Run) -> None:
        if self.state.paused:
            self.state.paused = False
            run.inside.awake.set()
            self._tell("unpause")

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
