"""Pruning after a run, while somebody asks the process to end."""

import asyncio
import threading
from pathlib import Path

import pytest

from backstaff.cli.run_bounds import keep_within_bounds
from backstaff.engine.ending import Cancellation
from backstaff.errors import ExitCode


def insisted(_: ExitCode) -> None:
    pytest.fail("nobody asked twice")


def untold(_: str) -> None:
    pytest.fail("nothing is told of what was not waited for")


class SlowDisk:
    """Pruning that lasts until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.let_go = threading.Event(), threading.Event()
        monkeypatch.setattr("backstaff.cli.run_bounds._prune", self._prune)

    def _prune(self, _: Path) -> tuple[str, ...]:
        self.reached.set()
        self.let_go.wait(60)
        return ("told too late",)

    async def at_work(self) -> None:
        await asyncio.to_thread(self.reached.wait, 60)


async def test_a_signal_ends_the_wait_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    cancellation = Cancellation(insisted)
    told: list[str] = []

    async def run() -> str:
        cancellation.attach()
        await keep_within_bounds(tmp_path, cancellation, told.append)
        return "the run's own exit code"

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run())
        await disk.at_work()
        cancellation.request(ExitCode.INTERRUPTED)
        assert await running == "the run's own exit code"
        disk.let_go.set()
    assert told == []


async def test_a_cancellation_from_elsewhere_passes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SlowDisk(monkeypatch)
    cancellation = Cancellation(insisted)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(keep_within_bounds(tmp_path, cancellation, untold))
        await disk.at_work()
        running.cancel()
        await asyncio.wait([running])
        disk.let_go.set()
    assert running.cancelled()
