"""How a big journal is replayed: first screen, seeks, index, search, memory.

    python -m tests.bench.replay [--size 1000] [--seeks 200]

The journal is made of recorded runs, over and over as one long run, with many lines of output between. Each
figure comes from a process of its own, since memory is part of it. Prints figures and asserts nothing.
"""

import argparse
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from backstaff.replay.glimpse import NEAR
from backstaff.replay.index_path import index_path
from backstaff.replay.recording import Recording
from tests.bench.replay_console import opened, spread
from tests.bench.replay_journal import write_journal

MB = 1_000_000
UNINDEXED = (0.001, 0.01, 0.1)
"""How far into the run the seeks without an index go: they fold from the start."""

Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.replay")
    parser.add_argument("--size", type=int, default=1000, help="of the journal, in MB")
    parser.add_argument("--seeks", type=int, default=200)
    parser.add_argument("--child", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--journal", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(MEASUREMENTS[options.child](options.journal, options.seeks)))
        return
    with tempfile.TemporaryDirectory(prefix="backstaff-bench-") as directory:
        _report(Path(directory) / "run.jsonl", options.size * MB, options.seeks)


def _report(journal: Path, size: int, seeks: int) -> None:
    began = time.perf_counter()
    lines = write_journal(journal, size)
    print(f"journal   {size / MB:.0f} MB, {lines} lines, made in {time.perf_counter() - began:.0f} s")
    first = _measured("first", journal, seeks)
    print(f"opened    first screen {_ms(first['cold'])}, cached {_ms(first['warm'])}, {_mib(first)}")
    _console("console, no index yet", journal, max(1, seeks // 10), wait=False)
    index_path(journal).unlink(missing_ok=True)
    without = _measured("unindexed", journal, seeks)
    told = ", ".join(f"{share:.1%} {_ms(without[str(share)])}" for share in UNINDEXED)
    print(f"seek      without an index, so far into the run: {told}; {_mib(without)}")
    index = _measured("index", journal, seeks)
    kept = index_path(journal).stat().st_size
    print(
        f"index     {index['wall']:.1f} s ({index['cpu']:.1f} s of CPU), {kept / MB:.1f} MB, "
        f"{index['checkpoints']:.0f} boards, {index['marks']:.0f} marks, {_mib(index)}"
    )
    print(
        f"  step    median {_ms(index['step_median'])}  95th {_ms(index['step_p95'])}  "
        f"worst {_ms(index['step_worst'])}, of CPU {_ms(index['cpu_worst'])}  "
        f"last (it saves) {_ms(index['last'])}  ({index['steps']:.0f} steps)"
    )
    seek = _measured("seek", journal, seeks)
    print(
        f"seek      with it: median {_ms(seek['median'])}  95th {_ms(seek['p95'])}  "
        f"worst {_ms(seek['worst'])}  ({seeks} seeks, opened in {_ms(seek['opened'])}), {_mib(seek)}"
    )
    cpu = [_ms(seek[f"cpu_{name}"]) for name in ("median", "p95", "worst")]
    print(f"  CPU     median {cpu[0]}  95th {cpu[1]}  worst {cpu[2]}")
    search = _measured("search", journal, seeks)
    print(f"search    all output in {search['wall']:.1f} s ({search['cpu']:.1f} s of CPU), {_mib(search)}")
    _console("console, with the index", journal, max(1, seeks // 10), wait=True)
    print(f"load      {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, this benchmark's own included")


def _console(title: str, journal: Path, seeks: int, *, wait: bool) -> None:
    """What an operator waits for: of the clock, and of the console's own CPU, which others change less."""
    found = opened(journal, journal.parent, seeks, wait=wait)
    first = found.first
    memory = f"{found.memory_mib:.0f} MiB at most"
    print(f"{title}: first screen {_ms(first.wall_s)}, of CPU {_ms(first.cpu_s)}, {memory}")
    for name, keys in found.keys.items():
        for label, times in (("", [key.wall_s for key in keys]), ("of CPU", [key.cpu_s for key in keys])):
            median, p95, worst = map(_ms, spread(times))
            what = label or f"{name}, {len(keys)} times"
            print(f"  {what:<26} median {median}  95th {p95}  worst {worst}")


def _measured(what: str, journal: Path, seeks: int) -> Figures:
    words = ["-m", "tests.bench.replay", "--child", what, "--journal", str(journal), "--seeks", str(seeks)]
    found = subprocess.run([sys.executable, *words], check=True, stdout=subprocess.PIPE, text=True)
    figures: Figures = json.loads(found.stdout)
    return figures


def _first(journal: Path, _: int) -> Figures:
    _forget(journal)
    return {"cold": _first_screen(journal), "warm": _first_screen(journal), **_memory()}


def _first_screen(journal: Path) -> float:
    began = time.perf_counter()
    with Recording.open(journal) as recording:
        recording.summary()
        for _step in recording.glimpse_before(recording.size(), NEAR):
            pass
        recording.length_t()
        return time.perf_counter() - began


def _unindexed(journal: Path, _: int) -> Figures:
    with Recording.open(journal) as recording:
        length = recording.length_t()
        times = {str(share): _timed(recording, share * length) for share in UNINDEXED}
    return {**times, **_memory()}


def _index(journal: Path, _: int) -> Figures:
    steps: list[float] = []
    cpu_steps: list[float] = []
    with Recording.open(journal) as recording:
        making = recording.make_index()
        began, cpu, goes_on = time.perf_counter(), time.process_time(), True
        while goes_on:
            stepped, used = time.perf_counter(), time.process_time()
            goes_on = next(making, None) is not None
            steps.append(time.perf_counter() - stepped)
            cpu_steps.append(time.process_time() - used)
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        checkpoints, marks = len(recording.index.contents.checkpoints), len(recording.index.marks())
    return {
        "wall": wall,
        "cpu": used,
        "checkpoints": checkpoints,
        "marks": marks,
        "steps": len(steps),
        "cpu_worst": max(cpu_steps),
        "last": steps[-1],
        **{f"step_{name}": value for name, value in _spread(steps).items()},
        **_memory(),
    }


def _seek(journal: Path, seeks: int) -> Figures:
    began = time.perf_counter()
    with Recording.open(journal) as recording:
        opened = time.perf_counter() - began
        length, chance = recording.length_t(), random.Random(1)
        times, cpu = [], []
        for _seek in range(seeks):
            used = time.process_time()
            times.append(_timed(recording, chance.uniform(0, length)))
            cpu.append(time.process_time() - used)
    used_by = {f"cpu_{name}": value for name, value in _spread(cpu).items()}
    return {"opened": opened, **_spread(times), **used_by, **_memory()}


def _search(journal: Path, _: int) -> Figures:
    began, cpu = time.perf_counter(), time.process_time()
    with Recording.open(journal) as recording:
        for _found in recording.search(re.compile("said nowhere"), 0):
            pass
    return {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu, **_memory()}


MEASUREMENTS: dict[str, Callable[[Path, int], Figures]] = {
    "first": _first,
    "unindexed": _unindexed,
    "index": _index,
    "seek": _seek,
    "search": _search,
}


def _timed(recording: Recording, t: float) -> float:
    began = time.perf_counter()
    recording.moment_at(t)
    return time.perf_counter() - began


def _spread(times: list[float]) -> Figures:
    ordered = sorted(times)
    p95 = ordered[max(0, round(len(ordered) * 0.95) - 1)]
    return {"median": statistics.median(ordered), "p95": p95, "worst": ordered[-1]}


def _memory() -> Figures:
    return {"memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _forget(journal: Path) -> None:
    """Have the system drop what it keeps of the file in memory."""
    descriptor = os.open(journal, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _mib(figures: Figures) -> str:
    return f"memory {figures['memory_mib']:.0f} MiB at most"


if __name__ == "__main__":
    main()
