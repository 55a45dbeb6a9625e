"""A run for the console's benchmark: many hosts that write lines, and at a barrier what a real run has there.

Three of four hosts are of the role web: their proxy finds a bad status every second, and their containers
restart now and then, so that the filters find something else. The other hosts are of the role job and wait
for the first of them. Every host waits in the engine's own way, which explains it as often as in any run.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from backstaff.clock import LoopClock
from backstaff.console.session import RunInfo, Stage
from backstaff.engine.waits import Ongoing, Wait, Waits
from backstaff.errors import ExitCode
from backstaff.events import types as ev
from backstaff.events.facts import (
    BarrierState,
    ContainerFacts,
    Dropped,
    FilterRow,
    Funnel,
    HostState,
    PairState,
    Phase,
    ProbeSummary,
    WaitKind,
)
from backstaff.events.journal import JournalWriter
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from tests.console.showing import Scripted

TICK_S = 0.02
PROBE_EVERY_S = 1.0
RESTART_EVERY = 5
"""Probes of a host between two restarts of its container."""
LIMIT_S = 600.0
CHUNK = 4096
"""Bytes that are read at once: between two of them the loop has its turn."""


@dataclass
class Loaded(Scripted):
    """Makes events as a real run does: through a stream, into the console and a journal. What the containers
    write comes from another process."""

    hosts: int = 200
    lines_per_s: int = 5000
    seconds: float = 20.0
    backlog: list[int] = field(default_factory=list)
    made: int = 0
    """Lines that were read and told."""
    probes: int = 0
    cpu_s: float = 0.0
    """What this process used while the load went on."""
    wall_s: float = 0.0
    when_done: Callable[[], object] = lambda: None
    waiting: Callable[[], int] = lambda: 0

    async def play(self, stage: Stage) -> ExitCode:
        """Begin with all hosts at work, then go on until the time is over."""
        with TemporaryDirectory() as directory:
            journal = JournalWriter(Path(directory), "20261123-120357-a1b2", print)
            secrets = Redactor(["a secret that is never printed"])
            stream = EventStream(LoopClock(), secrets, [stage.new_run(RunInfo()), journal])
            self._begin(stream)
            await self._go_on(stream)
            journal.close()
        self.when_done()
        return ExitCode.DONE

    async def _go_on(self, stream: EventStream) -> None:
        waits = Waits(stream, LoopClock())
        began, used = time.monotonic(), time.process_time()
        try:
            async with (
                asyncio.timeout(self.seconds),
                _written(self.hosts, self.lines_per_s) as lines,
                asyncio.TaskGroup() as tasks,
            ):
                for number in range(self.hosts):
                    tasks.create_task(waits.wait(self._wait(number), _for_ever))
                tasks.create_task(waits.explain_until_cancelled())
                tasks.create_task(self._tell_lines(stream, lines))
                tasks.create_task(self._look_at_hosts(stream))
                await self._watch_backlog()
        except TimeoutError:
            self.wall_s, self.cpu_s = time.monotonic() - began, time.process_time() - used

    async def _watch_backlog(self) -> None:
        while True:
            self.backlog.append(self.waiting())
            await asyncio.sleep(TICK_S)

    async def _tell_lines(self, stream: EventStream, lines: asyncio.StreamReader) -> None:
        rest = b""
        while read := await lines.read(CHUNK):
            *whole, rest = (rest + read).split(b"\n")
            for line in whole:
                number, _, text = line.decode().partition(" ")
                self._tell(stream, int(number), text)
            self.made += len(whole)
            await asyncio.sleep(0)

    def _tell(self, stream: EventStream, number: int, text: str) -> None:
        stream.emit(ev.Output(source="container", host=_host(number), role=self._role(number), text=text))

    async def _look_at_hosts(self, stream: EventStream) -> None:
        """One host after the other, each once in `PROBE_EVERY_S`."""
        began = time.monotonic()
        while True:
            wanted = round((time.monotonic() - began) * self._web / PROBE_EVERY_S)
            for look in range(self.probes, wanted):
                times, number = divmod(look, self._web)
                self._probe(stream, number, times + 1)
            self.probes = wanted
            await asyncio.sleep(TICK_S)

    @property
    def _web(self) -> int:
        """How many hosts are of the role web: those with the lowest numbers."""
        return max(1, self.hosts * 3 // 4)

    def _role(self, number: int) -> str:
        return "web" if number < self._web else "job"

    def _probe(self, stream: EventStream, number: int, count: int) -> None:
        host, now = _host(number), stream.offset()
        found = ProbeSummary(
            url=f"http://{number:012x}:80/up",
            result="unexpected status (500)",
            ok=False,
            count=count,
            last_t=now,
        )
        stream.emit(ev.ProbeSeen(host=host, role="web", probe=found))
        if (count + number) % RESTART_EVERY == 0:
            restarts = count // RESTART_EVERY
            state = "restarting" if restarts % 2 else "running"
            facts = _container(number, "web", state, restarts)
            stream.emit(ev.ContainerChanged(host=host, role="web", event="die", container=facts))
            stream.emit(ev.FunnelSeen(funnel=_funnel(host, restarts)))

    def _begin(self, stream: EventStream) -> None:
        names = tuple(map(_host, range(self.hosts)))
        pairs = tuple(
            ev.PairPlanned(host=name, role=role, group=1, gatekeeper=role == "web", proxied=role == "web")
            for number, name in enumerate(names)
            if (role := self._role(number))
        )
        run = ev.RunStarted(
            run="20261123-120357-a1b2",
            command="deploy",
            service="shop",
            version="v42",
            performer="ann",
            tool_version="0",
            config_file="config/deploy.yml",
        )
        stream.emit(run)
        stream.emit(
            ev.PlanMade(hosts=names, pairs=pairs, groups=(names,), phases=tuple(Phase), barrier="web")
        )
        stream.emit(ev.PhaseStarted(phase=Phase.BOOT))
        for number in range(self.hosts):
            self._begin_on(stream, number)
        stream.emit(self._barrier(names))

    def _begin_on(self, stream: EventStream, number: int) -> None:
        name, role = _host(number), self._role(number)
        web = role == "web"
        stream.emit(ev.HostChanged(host=name, state=HostState.CONNECTED))
        state = PairState.CHECKING if web else PairState.WAITING
        stream.emit(ev.PairChanged(host=name, role=role, state=state))
        if web:
            facts = _container(number, role, "running", 0)
            stream.emit(ev.ContainerChanged(host=name, role=role, event="start", container=facts))
            stream.emit(ev.FunnelSeen(funnel=_funnel(name, 0)))

    def _wait(self, number: int) -> Wait:
        host, web = _host(number), self._role(number) == "web"
        return Wait(
            what=WaitKind.PROXY if web else WaitKind.BARRIER,
            cause="the proxy to find the container healthy" if web else "the first healthy web container",
            owner=f"web on {host}" if web else "web",
            limit_s=LIMIT_S,
            host=host,
            role=self._role(number),
        )

    def _barrier(self, names: Sequence[str]) -> ev.BarrierChanged:
        waiting = tuple(f"job@{name}" for name in names[self._web :])
        opening = tuple(names[: self._web])
        return ev.BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=opening, waiting=waiting)


@asynccontextmanager
async def _written(hosts: int, lines_per_s: int) -> AsyncIterator[asyncio.StreamReader]:
    """What the containers write, from a process that makes it."""
    writer = ("-m", "tests.bench.console_writer", str(hosts), str(lines_per_s))
    process = await asyncio.create_subprocess_exec(sys.executable, *writer, stdout=asyncio.subprocess.PIPE)
    try:
        if process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()  # reads what is left: the end of a full pipe would never be seen


async def _for_ever(ongoing: Ongoing) -> None:
    await asyncio.Event().wait()


def _host(number: int) -> str:
    return f"h{number + 1}"


def _container(number: int, role: str, state: str, restarts: int) -> ContainerFacts:
    return ContainerFacts(
        id=f"{number:012x}", name=f"shop-{role}-v42", image="shop:v42", state=state, restarts=restarts
    )


def _funnel(host: str, restarts: int) -> Funnel:
    """What the filters leave: the new container, unless it is not running just then."""
    dropped = (Dropped(container="shop-web-v42", value="exited (1)"),) if restarts % 2 else ()
    rows = (
        FilterRow(filter="label=service=shop", matched=3),
        FilterRow(
            filter="label=role=web",
            matched=2,
            dropped=(Dropped(container="shop-job-v41", value="role=job"),),
        ),
        FilterRow(
            filter="name=shop-web-v42",
            matched=1,
            dropped=(Dropped(container="shop-web-v41", value="shop-web-v41"),),
        ),
        FilterRow(filter="status running|restarting", matched=1 - len(dropped), dropped=dropped),
    )
    return Funnel(host=host, role="web", candidates=4, rows=rows, found=() if dropped else ("shop-web-v42",))
