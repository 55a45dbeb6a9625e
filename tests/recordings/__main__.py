"""Records scenarios."""

import gzip
import sys

from backstaff.demo.play import Act, Play
from backstaff.demo.scenarios import SCENARIOS
from backstaff.engine.ending import Cancellation
from backstaff.events.stream import Sink
from backstaff.events.types import Event
from backstaff.simulator.clock import SkippingClock, run_skipping
from tests.recordings import file_of


def record(name: str) -> None:
    """Play a scenario and keep the events of its last run."""
    runs: list[list[Event]] = []

    def sinks(_: Act) -> list[Sink]:
        runs.append([])
        return [runs[-1].append]

    async def play() -> None:
        cancellation = Cancellation(lambda _: None)
        await Play(SCENARIOS[name], SkippingClock(), sinks=sinks, cancellation=cancellation).play()

    run_skipping(play())
    text = "".join(f"{event.to_line()}\n" for event in runs[-1])
    file_of(name).write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{name:<14} {len(runs[-1]):>6} events  {runs[-1][-1].t:.1f} s")


for wanted in sys.argv[1:] or SCENARIOS:
    record(wanted)
