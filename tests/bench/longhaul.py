"""Many deploys in a row in one process, with random faults: `python -m tests.bench.longhaul [--runs N]`.

Half of the runs go back where they fail, and half of those that have failed or were cancelled are resumed by
the next one. The client and the simulated hosts share this process and its skipped time. After each run, once
everything has settled, it is counted what the process holds: file descriptors, tasks, threads, children,
temporary files, objects, blocks of memory and all memory, and what the state directory has; what a cache of
limited size holds is left out. One more deploy comes after all others, and nothing disturbs it.

Printed is how the runs ended, what went wrong in them, and what was held: in each third of the runs, and how
much more with each run after the first third, which is the warm-up.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression, median

from backstaff.collector import look_seldom
from backstaff.config.models import OnFailure
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode
from backstaff.events.board import Board
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
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.host import SimulatedHost
from backstaff.simulator.spec import FleetSpec
from tests.bench.longhaul_faults import BROKEN, FAULTS, ROLES, Scene
from tests.simulator.deploying import OWNER, announce, config_of

RUNS = 200
KEPT_RUNS = 20
SETTLED_S = 40.0
"""Simulated: longer than any deadline of what a run may leave to the hosts to finish."""
SETTINGS = {"retain_containers": 2, "boot": {"limit": 1}}
"""Host after host, so that one of them fails when others have switched."""
SOUND = ("healthy", "healthy", "healthy", "slow:3", "chatty:20", "stubborn:5", "ignore-term")
LAST = "last"
"""The version that comes after all others."""
SIGNALS = (ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.HANGUP)
_OURS, _SIMULATED = "backstaff.", "backstaff.simulator."
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Held:
    """What the process holds once a run has settled.

    `of_runs` are objects of Backstaff's own classes, without those of simulated hosts. `objects` are all
    that Python's garbage collector looks after, without what is written down here of each run; `blocks` those
    of its memory that are in use, `memory_kb` the pages that the system counts for it, in KiB, with what is
    free between the blocks; `state_kb` is the journals'."""

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


@dataclass(frozen=True)
class Ran:
    """How a run ended. `thrown` is the fault that was to strike in it, if any; `wrong` is all that did go
    wrong."""

    code: ExitCode
    thrown: str
    wrong: tuple[str, ...]
    resumed: bool
    rolled_back: bool

    @property
    def is_done(self) -> bool:
        return self.code is ExitCode.DONE


@dataclass
class Haul:
    """All runs, and what was held after each. `at_last` is how the deploy ended that came after them, and
    `left` the containers that run then on each host."""

    runs: list[Ran] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    at_last: ExitCode | None = None
    left: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def ended(self) -> Counter[str]:
        """How often runs ended in which way."""
        return Counter(each.code.name.lower() for each in self.runs)

    @property
    def struck(self) -> Counter[str]:
        """How often what went wrong."""
        return Counter(name for each in self.runs for name in each.wrong)

    @property
    def fatal(self) -> Counter[str]:
        """The same, of runs that did not end well."""
        return Counter(name for each in self.runs if not each.is_done for name in each.wrong)

    @property
    def undisturbed(self) -> Counter[str]:
        """How often those ended in which way in which nothing went wrong."""
        return Counter(each.code.name.lower() for each in self.runs if not each.wrong)

    @property
    def resumed(self) -> int:
        """How many runs went on with the one before."""
        return sum(each.resumed for each in self.runs)

    @property
    def rolled_back(self) -> int:
        """How many runs went back."""
        return sum(each.rolled_back for each in self.runs)

    @property
    def recovered(self) -> int:
        """How often a run ended well right after one that did not."""
        return sum(each.is_done and not before.is_done for before, each in pairwise(self.runs))


BROKEN_VERSION, CANCELLED = "the version is broken", "the run is cancelled"
ALL_WRONG = (*FAULTS, BROKEN_VERSION, CANCELLED)


class LongHaul:
    """One fleet, deployed to again and again. Everything random comes from the seed."""

    def __init__(self, runs: int, seed: int, state: Path, *, kept_runs: int = KEPT_RUNS) -> None:
        self.haul = Haul()
        self._runs = runs
        self._dice = random.Random(seed)
        self._state = state
        self._bounds = Bounds(runs=kept_runs)
        self._faults: list[str] = []
        self._unfinished: tuple[str, EarlierRun] | None = None
        modes = [self._dice.choice(SOUND if self._dice.random() < 0.9 else BROKEN) for _ in range(runs)]
        versions = {f"v{number}": mode for number, mode in enumerate(modes)}
        self._spec = FleetSpec(roles=ROLES, versions={**versions, LAST: "healthy"}, settings=SETTINGS)

    def run(self, tell: Callable[[str], None] = lambda _: None) -> Haul:
        """All runs, one after the other."""
        run_skipping(self._all(tell))
        return self.haul

    async def _all(self, tell: Callable[[str], None]) -> None:
        async with Fleet(self._spec, SkippingClock()) as fleet:
            for number in range(self._runs):
                ran = await self._upset(fleet, f"v{number}")
                await fleet.clock.sleep(SETTLED_S)
                self.haul.runs.append(ran)
                self.haul.held.append(_held(self._state))
                wrong = ", ".join(ran.wrong)
                tell(f"{number + 1:4} {ran.code.name.lower():12} {wrong:48} {self.haul.held[-1]}")
            self.haul.at_last, _ = await self._deploy(fleet, LAST, None, Cancellation(lambda _: None))
            self.haul.left = {name: _running(host) for name, host in fleet.hosts.items()}

    async def _upset(self, fleet: Fleet, version: str) -> Ran:
        """One run. In every second one a fault is to strike."""
        version, earlier = self._take_unfinished() or (version, None)
        scene = Scene(fleet, self._spec.image(version), self._dice)
        thrown = self._take_fault() if self._dice.random() < 0.5 else ""
        if thrown:
            FAULTS[thrown](scene)
        cancellation = Cancellation(lambda _: None)
        # The longer ones never come: most runs are over by then.
        delay, signal = self._dice.uniform(0.1, 120), self._dice.choice(SIGNALS)
        coming = asyncio.get_running_loop().call_later(delay, cancellation.request, signal)
        code, board = await self._deploy(fleet, version, earlier, cancellation)
        coming.cancel()
        self._calm(fleet, scene)
        if code is not ExitCode.DONE:
            self._unfinished = version, EarlierRun.of(board).after(earlier)
        wrong = {
            thrown: scene.struck,
            BROKEN_VERSION: self._spec.versions[version] in BROKEN,
            CANCELLED: cancellation.code is not None,
        }
        went_wrong = tuple(name for name, did in wrong.items() if did)
        return Ran(code, thrown, went_wrong, earlier is not None, Phase.ROLLBACK in board.phases)

    def _take_fault(self) -> str:
        """As with cards: each comes once before any comes again."""
        if not self._faults:
            self._faults = self._dice.sample(list(FAULTS), len(FAULTS))
        return self._faults.pop()

    def _take_unfinished(self) -> tuple[str, EarlierRun] | None:
        """What the run before has left, if this one is to go on with it."""
        unfinished, self._unfinished = self._unfinished, None
        return unfinished if self._dice.random() < 0.5 else None

    def _calm(self, fleet: Fleet, scene: Scene) -> None:
        for host in fleet.hosts.values():
            host.forget_plans()
        scene.undo.close()

    async def _deploy(
        self, fleet: Fleet, version: str, earlier: EarlierRun | None, cancellation: Cancellation
    ) -> tuple[ExitCode, Board]:
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

        async def work() -> None:
            announce_plan(context, plan)
            options = DeployOptions(skip_push=True, skip_hooks=True, resumes=earlier)
            await Deploy(context, plan, connector, OWNER, lambda _: True, options).carry_out()

        code = await run_to_end(context, work, cancellation)
        journal.close()
        with Recording.open(journal.path) as recording:
            for _ in recording.make_index():
                pass
        prune(self._state, self._bounds, fleet.clock.wall())
        return code, context.stream.board

    def _complain(self, text: str) -> None:
        raise AssertionError(text)


def _held(state: Path) -> Held:
    _clear_caches()
    gc.collect()
    objects = Counter(map(type, gc.get_objects()))
    for ours in (Held, Ran):
        del objects[ours]
    files = list(state.iterdir())
    return Held(
        descriptors=_entries(Path("/proc/self/fd")),
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        children=len(_children()),
        temporary=_entries(Path(tempfile.gettempdir())),
        of_runs=sum(count for kind, count in objects.items() if _is_of_a_run(kind)),
        objects=objects.total(),
        blocks=sys.getallocatedblocks(),
        memory_kb=int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE // 1024,
        state_files=len(files),
        state_kb=sum(each.stat().st_size for each in files) // 1024,
    )


def _clear_caches() -> None:
    # The collector does not know of those that were frozen with all that the tests have loaded.
    modules = [module for name, module in sys.modules.items() if name.startswith(_OURS)]
    for cache in [each for module in modules for each in vars(module).values()]:
        if isinstance(cache, _lru_cache_wrapper) and cache.cache_parameters()["maxsize"]:
            cache.cache_clear()


def _is_of_a_run(kind: type) -> bool:
    # A class may have a property of that name.
    module = str(kind.__module__)
    return module.startswith(_OURS) and not module.startswith(_SIMULATED)


def _running(host: SimulatedHost) -> Sequence[str]:
    return sorted(each.name for each in host.daemon.listed({"status": ["running"]}))


def _entries(directory: Path) -> int:
    return sum(1 for _ in directory.iterdir())


def _children() -> list[str]:
    tasks = Path("/proc/self/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def thirds(values: Sequence[int]) -> tuple[float, float, float]:
    """The medians of the first, the second and the last third."""
    third = len(values) // 3
    return median(values[:third]), median(values[third : 2 * third]), median(values[2 * third :])


def growth(values: Sequence[int]) -> float:
    """How much more there is with each run: the slope of the line that fits best."""
    return linear_regression(range(len(values)), values).slope


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


def told(haul: Haul) -> Iterator[str]:
    """How the runs ended, and what went wrong in them."""
    yield f"ended:       {_counts(haul.ended)}; resumed {haul.resumed}, rolled back {haul.rolled_back}"
    yield f"undisturbed: {_counts(haul.undisturbed)}"
    yield f"recovered:   {haul.recovered} ended well right after one that did not"
    yield f"at last:     {'never' if haul.at_last is None else haul.at_last.name.lower()}"
    thrown = Counter(each.thrown for each in haul.runs)
    yield f"{'':32}{'thrown':>8}{'struck':>8}{'fatal':>8}"
    for name in ALL_WRONG:
        yield f"{name:32}{thrown[name] or '':>8}{haul.struck[name]:8}{haul.fatal[name]:8}"


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counted.most_common())


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
    print("\n".join(told(haul)))
    print(f"{'':14}{'warm-up':>12}{'2nd third':>12}{'last third':>12}{'per run':>10}")
    for name in Held.__dataclass_fields__:
        values = [int(getattr(each, name)) for each in haul.held]
        first, second, last = thirds(values)
        print(f"{name:14}{first:12.0f}{second:12.0f}{last:12.0f}{growth(values[len(values) // 3 :]):10.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
