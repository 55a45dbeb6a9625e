"""A run for the console's benchmark: many hosts that check their containers and write lines."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from backstaff.clock import LoopClock
from backstaff.console.session import RunInfo, Stage
from backstaff.errors import ExitCode
from backstaff.events.facts import ContainerFacts, HostState, PairState, Phase, WaitKind
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import (
    ContainerChanged,
    HostChanged,
    Output,
    PairChanged,
    PairPlanned,
    PhaseStarted,
    PlanMade,
    RunStarted,
    WaitStarted,
)
from tests.console.showing import Scripted

TICK_S = 0.02


@dataclass
class Loaded(Scripted):
    """Makes events as a real run does, through a stream, at a steady rate."""

    hosts: int = 200
    lines_per_s: int = 5000
    seconds: float = 20.0
    backlog: list[int] = field(default_factory=list)
    made: int = 0
    wall_s: float = 0.0
    when_done: Callable[[], object] = lambda: None
    waiting: Callable[[], int] = lambda: 0

    async def play(self, stage: Stage) -> ExitCode:
        """Begin with all hosts at work, then write lines until the time is over."""
        stream = EventStream(
            LoopClock(), Redactor(["a secret that is never printed"]), [stage.new_run(RunInfo())]
        )
        self._begin(stream)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self.seconds:
            self._write_lines(stream, round(passed * self.lines_per_s))
            self.backlog.append(self.waiting())
            await asyncio.sleep(TICK_S)
        self.wall_s = time.monotonic() - began
        self.when_done()
        return ExitCode.DONE

    def _write_lines(self, stream: EventStream, wanted: int) -> None:
        for number in range(self.made, wanted):
            host = f"h{number % self.hosts + 1}"
            text = f"{number} GET /orders/{number * 7919 % 100_000} 200 in {number % 90} ms"
            stream.emit(Output(source="container", host=host, role="web", text=text))
        self.made = max(self.made, wanted)

    def _begin(self, stream: EventStream) -> None:
        names = tuple(f"h{number + 1}" for number in range(self.hosts))
        pairs = tuple(
            PairPlanned(host=name, role="web", group=1, gatekeeper=True, proxied=True) for name in names
        )
        stream.emit(
            RunStarted(
                run="20261123-120357-a1b2",
                command="deploy",
                service="shop",
                version="v42",
                performer="ann",
                tool_version="0",
                config_file="config/deploy.yml",
            )
        )
        stream.emit(PlanMade(hosts=names, pairs=pairs, groups=(names,), phases=tuple(Phase), barrier="web"))
        stream.emit(PhaseStarted(phase=Phase.BOOT))
        for number, name in enumerate(names):
            stream.emit(HostChanged(host=name, state=HostState.CONNECTED))
            stream.emit(PairChanged(host=name, role="web", state=PairState.CHECKING))
            facts = ContainerFacts(
                id=f"{number:012x}", name="shop-web-v42", image="shop:v42", state="running"
            )
            stream.emit(ContainerChanged(host=name, role="web", event="start", container=facts))
            stream.emit(
                WaitStarted(
                    wait=number + 1,
                    what=WaitKind.PROXY,
                    cause="the proxy to find the container healthy",
                    owner=f"web on {name}",
                    limit_s=600,
                    host=name,
                    role="web",
                )
            )
