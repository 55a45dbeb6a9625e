"""What is left of `backstaff demo` after it was ended at any moment: nothing."""

import asyncio
import os
import random
import signal
import sys
from pathlib import Path

import pytest

from tests.simulator.processes import left_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to look in")

# Stopped, so that both are there when it goes on and the first can not end it before the second.
TWICE = (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT)
TRIALS = 12
AT_ONCE = 4
MOMENTS = range(20, 650)
"""In events of the first deploy; most of them come while shells run."""


async def ended_at(event: int, place: Path, *signals: signal.Signals) -> None:
    """End a demo as soon as it has told that many events, and wait until it is gone."""
    place.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backstaff", "demo", "--hosts", "8", "--speed", "12", "--json"),
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
    assert process.stdout is not None
    for _ in range(event):
        assert await process.stdout.readline()
    for number in signals:
        process.send_signal(number)
    await process.communicate()
    assert process.returncode != 0


async def test_a_second_signal_at_any_moment_leaves_nothing_behind(tmp_path: Path) -> None:
    moments = sorted(random.Random(3).sample(MOMENTS, TRIALS))
    places = {moment: tmp_path / str(moment) for moment in moments}
    for begin in range(0, TRIALS, AT_ONCE):
        async with asyncio.TaskGroup() as group:
            for moment in moments[begin : begin + AT_ONCE]:
                group.create_task(ended_at(moment, places[moment], *TWICE))
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
