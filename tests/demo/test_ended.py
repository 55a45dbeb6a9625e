"""What is left of `backstaff demo` after it was ended at any moment: nothing."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.simulator.processes import left_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to look in")

PLAY = "from backstaff.cli.main import main; main()"
NO_ECHOES = "import backstaff.cli.signals; backstaff.cli.signals.ECHO_S = 0.0; "
"""Every signal after the first insists."""

# Stopped, so that both are there when it goes on and the first can not end it before the second.
TWICE = (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT)
TRIALS = 12
AT_ONCE = 4
MOMENTS = range(20, 650)
"""In events of the first deploy; most of them come while shells run."""

UNDER_LOCK = range(230, 640)
AGAIN_EVERY_S = 0.05
GONE_WITHIN_S = 60.0
_HANGS_AT_RELEASE = '#!/bin/sh\n[ "$1" = -f ] && exec /bin/mv "$@"\nexec sleep 600\n'


def let_release_hang(place: Path) -> None:
    """Let the demo that keeps its files in `place` get stuck where it gives its lock back: the run can not be
    over before that. Its hosts move all else with `mv -f`."""
    (fleet,) = place.glob("backstaff-fleet-*")
    program = fleet / "bin/mv"
    program.write_text(_HANGS_AT_RELEASE)
    program.chmod(0o755)


def insist(process: "subprocess.Popen[str]") -> None:
    """Send SIGTERM again and again until the process has ended."""
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(AGAIN_EVERY_S)


@asynccontextmanager
async def playing(place: Path, *, before: str = "") -> AsyncIterator[Process]:
    """A demo with its temporary files and its home in `place`. It does not outlive the body.

    It is as fast as real hosts. A faster one has faster deadlines, and a busy machine would not keep them."""
    place.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", before + PLAY, "demo", "--hosts", "8", "--speed", "1", "--json"),
        stdout=asyncio.subprocess.PIPE,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "TMPDIR": str(place),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        cwd=place,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            send(process, signal.SIGKILL)
            async with asyncio.timeout(GONE_WITHIN_S):
                await process.communicate()


def send(process: Process, number: signal.Signals) -> None:
    """Send a signal, if it is still there. Its own `send_signal` would first ask whether it has ended, and
    thereby take its status away from the event loop."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)


async def told(process: Process, events: int) -> None:
    """Return as soon as it has told that many events more."""
    assert process.stdout is not None
    last = b"nothing"
    for number in range(events):
        line = await process.stdout.readline()
        assert line, f"it was over after {number} events of {events}, the last one {last!r}"
        last = line


async def ended_at(event: int, place: Path, *signals: signal.Signals, before: str = "") -> bytes:
    """End a demo as soon as it has told that many events, and wait until it is gone; what it still told."""
    async with playing(place, before=before) as process:
        await told(process, event)
        for number in signals:
            send(process, number)
        rest, _ = await process.communicate()
    assert process.returncode != 0
    return rest


async def ended_twice_at(event: int, place: Path) -> None:
    """End a demo at that event by two signals. The first one alone must not have been enough."""
    rest = await ended_at(event, place, *TWICE, before=NO_ECHOES)
    assert b'"verdict":"cancelled"' not in rest


async def insisted_at(event: int, place: Path) -> None:
    """End a demo at that event; while it ends, insist until it is gone. It must not have ended by itself."""
    async with playing(place) as process:
        await told(process, 1)
        let_release_hang(place)
        await told(process, event - 1)
        send(process, signal.SIGINT)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(process.communicate())
            while not reading.done():
                send(process, signal.SIGTERM)
                await asyncio.wait([reading], timeout=AGAIN_EVERY_S)
    assert b"run_ended" not in reading.result()[0]
    assert process.returncode == 128 + signal.SIGTERM


def a_few_of(moments: range, trials: int) -> Sequence[int]:
    return sorted(random.Random(3).sample(moments, trials))


async def test_a_second_signal_at_any_moment_leaves_nothing_behind(tmp_path: Path) -> None:
    moments = a_few_of(MOMENTS, TRIALS)
    places = {moment: tmp_path / str(moment) for moment in moments}
    for begin in range(0, TRIALS, AT_ONCE):
        async with asyncio.TaskGroup() as group:
            for moment in moments[begin : begin + AT_ONCE]:
                group.create_task(ended_twice_at(moment, places[moment]))
    assert {moment: list(place.iterdir()) for moment, place in places.items()} == {key: [] for key in moments}
    assert await left_of(tmp_path) == []


async def test_whoever_insists_while_a_run_ends_is_heard_and_leaves_nothing_behind(tmp_path: Path) -> None:
    moments = a_few_of(UNDER_LOCK, AT_ONCE)
    places = {moment: tmp_path / str(moment) for moment in moments}
    async with asyncio.TaskGroup() as group:
        for moment in moments:
            group.create_task(insisted_at(moment, places[moment]))
    assert {moment: list(place.iterdir()) for moment, place in places.items()} == {key: [] for key in moments}
    assert await left_of(tmp_path) == []


async def test_no_program_outlives_a_demo_that_is_killed(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        for moment in (50, 150, 250, 350):
            group.create_task(ended_at(moment, tmp_path / str(moment), signal.SIGKILL))
    assert await left_of(tmp_path) == []


async def test_what_a_killed_demo_had_on_the_disk_goes_with_the_next(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    await ended_at(100, place, signal.SIGKILL)
    assert any(place.iterdir())
    await ended_at(50, place, signal.SIGINT)
    assert list(place.iterdir()) == []
