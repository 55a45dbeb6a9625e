"""Recorded runs in the console, at rest: whatever was asked for is done before anything is looked at."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.errors import ExitCode
from backstaff.events.types import Event
from backstaff.replay.opened import OpenedRun, opened
from backstaff.replay.player import Clocks, Player
from tests.events.builders import START
from tests.replay.journals import text_of

Replayed = tuple[ReplayConsole, "Pilot[ExitCode]"]


class Hands:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed

    def clocks(self) -> Clocks:
        return Clocks(self, lambda: START)


def a_file(directory: Path, events: Iterable[Event]) -> Path:
    path = directory / "20261123-120357-a1b2.jsonl"
    path.write_bytes(text_of(events))
    return path


def a_console(
    run: OpenedRun,
    begin: Begin | None = None,
    *,
    hands: Hands | None = None,
    export: Callable[[], Path] | None = None,
) -> ReplayConsole:
    hands = hands or Hands()
    player = Player(run.recording, run.goes_on, hands.clocks())
    return ReplayConsole(player, begin, title="replay", export=export, seconds=hands)


async def at_rest(app: ReplayConsole, pilot: "Pilot[ExitCode]") -> None:
    """Let all that goes on in the background come to its end, and be drawn."""
    await pilot.pause()
    app.draw()
    while not app.replaying.background.idle or len(app.state.feed):
        # The pilot's own pause waits until the process is idle, which it is not while it works.
        await asyncio.sleep(0)
        app.draw()
    await pilot.pause()


async def press(app: ReplayConsole, pilot: "Pilot[ExitCode]", *keys: str) -> None:
    """Press keys, one after the other."""
    for key in keys:
        await pilot.press(key)
        await at_rest(app, pilot)


@asynccontextmanager
async def replayed(
    path: Path,
    begin: Begin | None = None,
    size: tuple[int, int] = (120, 40),
    *,
    hands: Hands | None = None,
    export: Callable[[], Path] | None = None,
) -> AsyncIterator[Replayed]:
    """A replay that has come to where it begins."""
    with opened(path) as run:
        app = a_console(run, begin, hands=hands, export=export)
        async with app.run_test(size=size) as pilot:
            await at_rest(app, pilot)
            yield app, pilot
