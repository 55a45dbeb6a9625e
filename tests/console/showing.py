"""Showing scripted runs in the console, at a fixed moment and size."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from backstaff.console.app import Console
from backstaff.console.follow_screen import FollowScreen
from backstaff.console.session import FollowedLine, RunInfo, Stage
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.stream import Sink
from backstaff.events.types import Event

_TURNS = 3
EVERYTHING = frozenset({"retry", "follow", "shell", "export"})


@dataclass
class Scripted:
    """A session that shows events written beforehand, and notes what it is asked for.

    Its time stands still: `speed` 0 leaves the console at the time of the last event."""

    events: Iterable[Event] = ()
    info: RunInfo = field(default_factory=lambda: RunInfo(speed=0.0))
    scope: frozenset[str] = EVERYTHING
    lines: Sequence[FollowedLine] = ()
    asked: list[str] = field(default_factory=list)
    sink: Sink | None = None
    stage: Stage | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def play(self, stage: Stage) -> ExitCode:
        self.stage = stage
        self.sink = stage.new_run(self.info)
        for event in self.events:
            self.sink(event)
        await self.ended.wait()
        return ExitCode.DONE

    async def retry(self, stage: Stage, board: Board) -> ExitCode:
        self.asked.append(f"retry {board.run.run if board.run else ''}")
        self.sink = stage.new_run(self.info)
        return ExitCode.DONE

    def cancel(self) -> None:
        self.asked.append("cancel")

    async def follow(self, host: str, role: str, container: str) -> AsyncGenerator[FollowedLine, None]:
        self.asked.append(f"follow {role}@{host} {container}".rstrip())
        for line in self.lines:
            yield line
        await asyncio.Event().wait()

    def shell(self, host: str, container: str) -> Sequence[str]:
        self.asked.append(f"shell {host} {container}".rstrip())
        return ["true"]

    def export(self, journal: Path) -> Path:
        self.asked.append(f"export {journal}")
        return Path("backstaff-run.jsonl")


async def show_all(app: Console, pilot: "Pilot[Any]") -> None:
    """Let everything that has come in be drawn."""
    await pilot.pause()
    while len(app.state.feed):
        app.draw()
    app.draw()
    if isinstance(app.screen, FollowScreen):
        app.screen.draw()
    # What is laid out anew in one turn is drawn in the next.
    for _ in range(_TURNS):
        await pilot.pause()
