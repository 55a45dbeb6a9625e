"""A run for the console's benchmark: many hosts that write lines, and at a barrier what a real run has there.

Three of four hosts are of the role web: their proxy finds a bad status every second, and their containers
restart now and then, so that the filters find something else. The other hosts are of the role job and wait
for the first of them. Every wait is explained anew each second, as the engine does it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backstaff.clock import LoopClock
from backstaff.console.session import RunInfo, Stage
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
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.explain.why import explain_wait
from tests.console.showing import Scripted

TICK_S = 0.02
PROBE_EVERY_S = 1.0
RESTART_EVERY = 5
"""Probes of a host between two restarts of its container."""
LIMIT_S = 600.0


@dataclass
class Loaded(Scripted):
    """Makes events as a real run does, through a stream, at a steady rate."""

    hosts: int = 200
    lines_per_s: int = 5000
    seconds: float = 20.0
    backlog: list[int] = field(default_factory=list)
    made: int = 0
    looks: int = 0
    """Hosts that were looked at: probed, or explained why they wait."""
    wall_s: float = 0.0
    when_done: Callable[[], object] = lambda: None
    waiting: Callable[[], int] = lambda: 0

    async def play(self, stage: Stage) -> ExitCode:
        """Begin with all hosts at work, then go on until the time is over."""
        stream = EventStream(
            LoopClock(), Redactor(["a secret that is never printed"]), [stage.new_run(RunInfo())]
        )
        self._begin(stream)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self.seconds:
            self._write_lines(stream, round(passed * self.lines_per_s))
            self._look_at_hosts(stream, round(passed * self.hosts / PROBE_EVERY_S))
            self.backlog.append(self.waiting())
            await asyncio.sleep(TICK_S)
        self.wall_s = time.monotonic() - began
        self.when_done()
        return ExitCode.DONE

    @property
    def _web(self) -> int:
        """How many hosts are of the role web: those with the lowest numbers."""
        return max(1, self.hosts * 3 // 4)

    def _role(self, number: int) -> str:
        return "web" if number < self._web else "job"

    def _write_lines(self, stream: EventStream, wanted: int) -> None:
        for count in range(self.made, wanted):
            number = count % self.hosts
            text = f"{count} GET /orders/{count * 7919 % 100_000} 200 in {count % 90} ms"
            output = ev.Output(source="container", host=_host(number), role=self._role(number), text=text)
            stream.emit(output)
        self.made = max(self.made, wanted)

    def _look_at_hosts(self, stream: EventStream, wanted: int) -> None:
        """One host after the other, each once in `PROBE_EVERY_S`."""
        for look in range(self.looks, wanted):
            times, number = divmod(look, self.hosts)
            if self._role(number) == "web":
                self._probe(stream, number, times + 1)
            why = explain_wait(stream.board, number + 1, stream.offset())
            stream.emit(ev.WaitExplained(wait=number + 1, why=why, left_s=LIMIT_S - stream.offset()))
        self.looks = max(self.looks, wanted)

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
        wait = ev.WaitStarted(
            wait=number + 1,
            what=WaitKind.PROXY if web else WaitKind.BARRIER,
            cause="the proxy to find the container healthy" if web else "the first healthy web container",
            owner=f"web on {name}" if web else "web",
            limit_s=LIMIT_S,
            host=name,
            role=role,
        )
        stream.emit(wait)

    def _barrier(self, names: Sequence[str]) -> ev.BarrierChanged:
        waiting = tuple(f"job@{name}" for name in names[self._web :])
        opening = tuple(names[: self._web])
        return ev.BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=opening, waiting=waiting)


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
