"""How fast the console is under load: key to screen, backlog, CPU, and the time to its first picture.

    python -m tests.bench.console [--hosts 200] [--lines 5000] [--seconds 20]

A console of its own process runs in a pseudo-terminal over a scripted run: three of four hosts are probed
every second and find their filters changed now and then, the others wait at the barrier, and all of them
together write so many lines a second.

Key to screen is the time from a key written to that terminal to the frame, read from there, that names
another host in the title of why it waits. CPU is that of the console's process while the load goes on.
Both count all that a run does in the console's event loop once bytes have come: making events, masking
secrets, folding them, the journal, and explaining each wait as often as the engine does. Not counted are
making the output (another process writes it into a pipe), SSH, Docker's API, and the terminal's drawing.
Prints figures and asserts nothing.
"""

import argparse
import asyncio
import fcntl
import json
import os
import pty
import random
import re
import resource
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from backstaff.collector import look_seldom

SIZE = (120, 40)
KEY_EVERY_S = (0.1, 0.3)
"""How long the operator looks before the next key: from and up to."""
PATIENCE_S = 10.0
DOWN, UP = 20, 18
"""Keys one way and then the other: from the first host on there is always another."""
_NAMED = re.compile(rb"why \w+@(h\d+)")


@dataclass(frozen=True)
class Load:
    """What the console has to cope with."""

    hosts: int
    lines_per_s: int
    seconds: float


@dataclass(frozen=True)
class Report:
    """What the console's process measured of itself: events waiting to be shown (each 20 ms), lines told and
    those left out, hosts probed, seconds of CPU and of wall time, peak memory."""

    backlog: tuple[int, ...]
    lines: int
    probes: int
    left_out: int
    cpu_s: float
    wall_s: float
    memory_mib: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.console")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--lines", type=int, default=5000, help="per second, of all hosts together")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--starts", type=int, default=5, help="how often the first picture is waited for")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    load = Load(options.hosts, options.lines, options.seconds)
    if options.child:
        look_seldom()
        asyncio.run(_show(load, options.child))
        return
    busy = os.getloadavg()[0]
    latencies, report = _measure(load)
    ordered = sorted(latencies)
    p95 = ordered[max(0, round(len(ordered) * 0.95) - 1)]
    print(f"{load.hosts} hosts, {load.lines_per_s} lines/s for {load.seconds:.0f} s, {SIZE[0]}x{SIZE[1]}")
    print(
        f"  key to screen   median {statistics.median(ordered) * 1000:.0f} ms   95th {p95 * 1000:.0f} ms   "
        f"worst {ordered[-1] * 1000:.0f} ms   ({len(ordered)} keys)"
    )
    waiting = report.backlog
    print(
        f"  backlog         median {statistics.median(waiting):.0f} events   most {max(waiting)}   "
        f"last {waiting[-1]}"
    )
    due = round(load.lines_per_s * report.wall_s)
    print(f"  lines           {due} due, {report.lines} told, {report.left_out} not kept on the screen")
    print(f"  hosts           probed {report.probes / report.wall_s:.0f} times a second")
    print(f"  CPU             {report.cpu_s / report.wall_s * 100:.0f}% of one core")
    print(f"  memory          {report.memory_mib:.0f} MiB at most")
    print(f"  load average    {busy:.1f} at the start, on {os.cpu_count()} cores")
    starts = [_first_picture() for _ in range(options.starts)]
    if starts:
        print(f"  first picture   median {statistics.median(starts):.2f} s of {options.starts} demos")


def _measure(load: Load) -> tuple[list[float], Report]:
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        words = ["-m", "tests.bench.console", "--child", str(report)]
        words += [
            "--hosts",
            str(load.hosts),
            "--lines",
            str(load.lines_per_s),
            "--seconds",
            str(load.seconds),
        ]
        process, terminal = _in_terminal([sys.executable, *words], directory)
        try:
            latencies = _press_keys(terminal, load.seconds)
            _read_until_closed(terminal)
            process.wait(PATIENCE_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(terminal)
        return latencies, Report(**json.loads(report.read_text()))


def _in_terminal(argv: Sequence[str], home: str) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a program in a terminal of its own; the terminal's other end."""
    terminal, its_end = pty.openpty()
    fcntl.ioctl(its_end, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    unwanted = {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "NO_COLOR"}
    environ = {name: value for name, value in os.environ.items() if name not in unwanted}
    environ |= {"TERM": "xterm-256color", "HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
    process = subprocess.Popen(
        argv, stdin=its_end, stdout=its_end, stderr=its_end, env=environ, start_new_session=True
    )
    os.close(its_end)
    return process, terminal


def _press_keys(terminal: int, seconds: float) -> list[float]:
    """Go down host by host, and up again; how long it took each time until the screen said so."""
    _read_until(terminal, lambda seen: b"hosts" in seen)
    os.write(terminal, b"g")
    latencies: list[float] = []
    named: set[bytes] = set()
    until = time.monotonic() + seconds - 2
    while time.monotonic() < until:
        named = set(_NAMED.findall(_drain(terminal, random.uniform(*KEY_EVERY_S)))[-1:]) or named
        pressed = time.monotonic()
        os.write(terminal, b"j" if len(latencies) % (DOWN + UP) < DOWN else b"k")
        seen = _read_until(terminal, partial(_names_another, named=named))
        latencies.append(time.monotonic() - pressed)
        named = set(_NAMED.findall(seen)[-1:])
    return latencies


def _names_another(seen: bytes, named: set[bytes]) -> bool:
    return bool(set(_NAMED.findall(seen)) - named)


def _read_until(terminal: int, found: Callable[[bytes], bool]) -> bytes:
    seen = b""
    until = time.monotonic() + PATIENCE_S
    while not found(seen):
        if time.monotonic() > until:
            raise SystemExit(f"the console did not answer within {PATIENCE_S:.0f} s: {seen[-500:]!r}")
        seen = seen[-4_000:] + _read(terminal, 0.05)
    return seen


def _drain(terminal: int, seconds: float) -> bytes:
    """Let time pass; the end of what was drawn meanwhile."""
    drawn = b""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        drawn = drawn[-4_000:] + _read(terminal, left)
    return drawn


def _read(terminal: int, seconds: float) -> bytes:
    ready, _, _ = select.select([terminal], [], [], seconds)
    return os.read(terminal, 65_536) if ready else b""


def _read_until_closed(terminal: int) -> None:
    until = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < until:
            _read(terminal, 1.0)
    except OSError:
        return  # Linux says so when the last program has closed its end.
    raise SystemExit(f"the console did not end within {PATIENCE_S:.0f} s")


def _first_picture() -> float:
    """Seconds from the start of the process to the first frame with the footer on it."""
    with tempfile.TemporaryDirectory() as directory:
        began = time.monotonic()
        process, terminal = _in_terminal([sys.executable, "-m", "backstaff", "demo"], directory)
        try:
            _read_until(terminal, lambda seen: b"keys" in seen)
            return time.monotonic() - began
        finally:
            process.kill()
            process.wait()
            os.close(terminal)


async def _show(load: Load, report: Path) -> None:
    """The console itself, and the run that it shows."""
    from backstaff.cli.console_driver import ConsoleDriver
    from backstaff.console.app import Console
    from tests.bench.console_load import Loaded

    session = Loaded(hosts=load.hosts, lines_per_s=load.lines_per_s, seconds=load.seconds)
    console = Console(session)
    console.driver_class = ConsoleDriver
    session.when_done = console.exit
    session.waiting = lambda: len(console.state.feed)
    await console.run_async()
    measured = Report(
        tuple(session.backlog),
        session.made,
        session.probes,
        console.state.feed.left_out,
        session.cpu_s,
        session.wall_s,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    report.write_text(json.dumps(asdict(measured)))


if __name__ == "__main__":
    main()
