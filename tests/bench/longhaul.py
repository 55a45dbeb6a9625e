"""Many deploys in a row in one process, with random faults: `python -m tests.bench.longhaul [--runs N]`.

Half of the runs go back where they fail, and half of those that have failed or were cancelled are resumed by
the next one. The client and the simulated hosts share this process and its skipped time. After each run, once
everything has settled, it is counted what the process holds: file descriptors, tasks, threads, children,
temporary files, objects, blocks of memory and all memory, and what the state directory has; what a cache of
limited size holds is left out. Printed is how the last third of the runs compares with the one before it; the
first third is the warm-up.
"""

import argparse
import asyncio
import gc
import io
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from pathlib import Path
from statistics import median

from backstaff.collector import look_seldom
from backstaff.config.models import OnFailure
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode
from backstaff.events.facts import Phase
from backstaff.events.journal import JournalWriter, new_run_id
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream, Sink
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.hosts.connect import SshConnector
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.selection import select
from backstaff.replay.prune import Bounds, prune
from backstaff.replay.recording import Recording
from backstaff.simulator.clock import SkippingClock, run_skipping
from backstaff.simulator.faults import Operation
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.host import SimulatedHost
from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.simulator.deploying import OWNER, announce, config_of

RUNS = 200
KEPT_RUNS = 20
SETTLED_S = 40.0
"""Simulated: longer than any deadline of what a run may leave to the hosts to finish."""
ROLES = {"web": RoleSpec(("h1", "h2")), "job": RoleSpec(("h3",), "worker")}
SETTINGS = {"retain_containers": 2, "boot": {"limit": 1}}
"""Host after host, so that one of them fails when others have switched."""
MODES = ("healthy", "healthy", "healthy", "healthy", "slow:3", "unhealthy", "crash:1", "chatty:20", "hang")


@dataclass(frozen=True)
class Held:
    """What the process holds once a run has settled.

    `of_runs` are objects that only runs make: of the engine, connections to hosts, plans. `objects` are all
    that Python's garbage collector looks after, `blocks` those of its memory that are in
    use, `memory_kb` the pages that the system counts for it, in KiB, with what is free between the blocks;
    `state_kb` is the journals'."""

    descriptors: int
    tasks: int
    threads: int
    children: int
    temporary: int
    of_runs: int
    objects: int
    blocks: int
    memory_kb: int
    state_files: int
    state_kb: int


@dataclass
class Haul:
    """All runs: what was held after each, how they ended, how many went on with the one before, and how many
    went back."""

    held: list[Held] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    rolled_back: int = 0


Fault = tuple[str, Callable[[SimulatedHost, random.Random], None]]


def _freeze(host: SimulatedHost, dice: random.Random) -> None:
    host.at(dice.choice(list(Operation)), host.freeze_docker)


def _freeze_for_a_while(host: SimulatedHost, dice: random.Random) -> None:
    operation = dice.choice(list(Operation))
    host.at(operation, host.freeze_docker)
    host.at(operation, lambda: host.after(dice.uniform(1, 15), host.thaw_docker))


def _cut(host: SimulatedHost, dice: random.Random) -> None:
    host.at(dice.choice(list(Operation)), host.break_connections, times=dice.randint(1, 3))


def _freeze_at_a_start(host: SimulatedHost, _: random.Random) -> None:
    host.at(Operation.START, host.freeze_docker)


_OF_RUNS = ("backstaff.engine.", "backstaff.events.board", "backstaff.hosts.", "backstaff.plan.")
_PAGE = os.sysconf("SC_PAGE_SIZE")

FAULTS: Sequence[Fault] = (
    ("Docker freezes", _freeze),
    ("Docker freezes for a while", _freeze_for_a_while),
    ("Docker freezes at a start", _freeze_at_a_start),
    ("the link is cut", _cut),
)


class LongHaul:
    """One fleet, deployed to again and again. Everything random comes from the seed."""

    def __init__(self, runs: int, seed: int, state: Path, *, kept_runs: int = KEPT_RUNS) -> None:
        self.haul = Haul()
        self._runs = runs
        self._dice = random.Random(seed)
        self._state = state
        self._bounds = Bounds(runs=kept_runs)
        self._unfinished: tuple[str, EarlierRun] | None = None
        modes = [self._dice.choice(MODES) for _ in range(runs)]
        versions = {f"v{number}": mode for number, mode in enumerate(modes)}
        self._spec = FleetSpec(roles=ROLES, versions=versions, settings=SETTINGS)

    def run(self, tell: Callable[[str], None] = lambda _: None) -> Haul:
        """All runs, one after the other."""
        run_skipping(self._all(tell))
        return self.haul

    async def _all(self, tell: Callable[[str], None]) -> None:
        async with Fleet(self._spec, SkippingClock()) as fleet:
            for number in range(self._runs):
                fault = self._upset(fleet)
                version, earlier = self._take_unfinished() or (f"v{number}", None)
                code = await self._deploy(fleet, version, earlier)
                self._calm(fleet)
                await fleet.clock.sleep(SETTLED_S)
                self.haul.ended[code.name.lower()] += 1
                self.haul.faults[fault] += 1
                self.haul.resumed += earlier is not None
                self.haul.held.append(_held(self._state))
                tell(f"{number + 1:4} {code.name.lower():12} {fault:28} {self.haul.held[-1]}")

    def _upset(self, fleet: Fleet) -> str:
        """Let something go wrong in every second run."""
        if self._dice.random() < 0.5:
            return "none"
        name, fault = self._dice.choice(FAULTS)
        fault(fleet.host(self._dice.choice(list(fleet.hosts))), self._dice)
        return name

    def _take_unfinished(self) -> tuple[str, EarlierRun] | None:
        """What the run before has left, if this one is to go on with it."""
        unfinished, self._unfinished = self._unfinished, None
        return unfinished if self._dice.random() < 0.5 else None

    def _calm(self, fleet: Fleet) -> None:
        for host in fleet.hosts.values():
            host.thaw_docker()
            host.forget_plans()

    async def _deploy(self, fleet: Fleet, version: str, earlier: EarlierRun | None) -> ExitCode:
        """As the command line does it: journal, lines and `--json`; then the index of the journal, as a
        replay makes it, and the pruning of older runs."""
        config = config_of(fleet)
        run_id = new_run_id(fleet.clock.wall())
        journal = JournalWriter(self._state, run_id, self._complain)
        sinks: list[Sink] = [LineSink(Outlet(io.StringIO())), JsonSink(Outlet(io.StringIO())), journal]
        context = RunContext(
            run_id=run_id,
            command="deploy",
            config=config,
            version=version,
            performer=Performer("Ada", "ada@example.com"),
            stream=EventStream(fleet.clock, Redactor(["swordfish"]), sinks),
            clock=fleet.clock,
        )
        announce(context)
        connector = SshConnector(config.ssh, config.sshkit, timeouts=context.timeouts, clock=fleet.clock)
        on_failure = self._dice.choice(list(OnFailure))
        plan = make_plan(
            config, select(config), version, Command.DEPLOY, skip_push=True, on_failure=on_failure
        )
        cancellation = Cancellation(lambda _: None)
        # The longer ones never come: most runs are over by then.
        delay = self._dice.uniform(0.1, 60)
        signal = asyncio.get_running_loop().call_later(delay, cancellation.request, ExitCode.INTERRUPTED)

        async def work() -> None:
            announce_plan(context, plan)
            options = DeployOptions(skip_push=True, skip_hooks=True, resumes=earlier)
            await Deploy(context, plan, connector, OWNER, lambda _: True, options).carry_out()

        code = await run_to_end(context, work, cancellation)
        signal.cancel()
        journal.close()
        self.haul.rolled_back += Phase.ROLLBACK in context.stream.board.phases
        if code is not ExitCode.DONE:
            self._unfinished = version, EarlierRun.of(context.stream.board).after(earlier)
        with Recording.open(journal.path) as recording:
            for _ in recording.make_index():
                pass
        prune(self._state, self._bounds, fleet.clock.wall())
        return code

    def _complain(self, text: str) -> None:
        raise AssertionError(text)


def _held(state: Path) -> Held:
    for cache in [each for each in gc.get_objects() if isinstance(each, _lru_cache_wrapper)]:
        if cache.__module__.startswith("backstaff.") and cache.cache_parameters()["maxsize"]:
            cache.cache_clear()
    gc.collect()
    objects = gc.get_objects()
    files = list(state.iterdir())
    return Held(
        descriptors=_entries(Path("/proc/self/fd")),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        children=len(_children()),
        temporary=_entries(Path(tempfile.gettempdir())),
        of_runs=sum(_is_of_a_run(each) for each in objects),
        objects=len(objects),
        blocks=sys.getallocatedblocks(),
        memory_kb=int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE // 1024,
        state_files=len(files),
        state_kb=sum(each.stat().st_size for each in files) // 1024,
    )


def _is_of_a_run(each: object) -> bool:
    # Of a class that has a property of that name it is no text.
    return str(type(each).__module__).startswith(_OF_RUNS)


def _entries(directory: Path) -> int:
    return sum(1 for _ in directory.iterdir())


def _children() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def thirds(values: Sequence[int]) -> tuple[float, float, float]:
    """The medians of the first, the second and the last third."""
    third = len(values) // 3
    return median(values[:third]), median(values[third : 2 * third]), median(values[2 * third :])


@contextmanager
def a_state_directory() -> Iterator[Path]:
    """A directory for journals, and one of our own for everything temporary."""
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="bs-", dir="/tmp") as directory:
        state, temporary = Path(directory) / "runs", Path(directory) / "tmp"
        state.mkdir()
        temporary.mkdir()
        tempfile.tempdir = str(temporary)
        try:
            yield state
        finally:
            tempfile.tempdir = usual


def main(arguments: Sequence[str]) -> int:
    """Print the figures."""
    look_seldom()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.longhaul", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--verbose", action="store_true", help="a line for each run")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with a_state_directory() as state:
        long_haul = LongHaul(options.runs, options.seed, state)
        haul = long_haul.run(lambda line: print(line, flush=True) if options.verbose else None)
    print(f"{options.runs} deploys, seed {options.seed}, in {time.monotonic() - began:.0f} s")
    print("ended:  " + ", ".join(f"{name} {count}" for name, count in haul.ended.most_common()))
    print(f"resumed: {haul.resumed}, rolled back: {haul.rolled_back}")
    print("faults: " + ", ".join(f"{name} {count}" for name, count in haul.faults.most_common()))
    print(f"{'':14}{'warm-up':>12}{'2nd third':>12}{'last third':>12}{'change':>10}")
    for name in Held.__dataclass_fields__:
        first, second, last = thirds([int(getattr(each, name)) for each in haul.held])
        change = (last - second) / second * 100 if second else 0.0
        print(f"{name:14}{first:12.0f}{second:12.0f}{last:12.0f}{change:9.1f}%")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
