"""A console that follows a script, in place of the one with a screen."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from backstaff.console.session import RunInfo, Session
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.stream import Sink
from backstaff.events.types import Body, Event


class FakeConsole:
    """What a session and its runner see of a console. `run_async` does what the script says."""

    def __init__(self, session: Session, script: "Script") -> None:
        self.session = session
        self.driver_class: object = None
        self.return_code: int | None = None
        self.infos: list[RunInfo] = []
        self.boards: list[Board] = []
        self.asked: list[HostKeyQuestion | LockQuestion] = []
        self.choice: LockChoice | None = LockChoice.LEAVE
        """What is answered about a lock; None: nothing."""
        self.suspended = 0
        self.exited = asyncio.Event()
        self._script = script
        self._exception: Exception | None = None
        self._watched: list[tuple[Callable[[Body], bool], asyncio.Event]] = []

    async def run_async(self) -> None:
        await self._script(self)
        self.return_code = 0

    def exit(self) -> None:
        self.exited.set()

    @contextmanager
    def suspend(self) -> Iterator[None]:
        self.suspended += 1
        yield

    def new_run(self, info: RunInfo) -> Sink:
        board = Board()
        self.infos.append(info)
        self.boards.append(board)

        def show(event: Event) -> None:
            board.fold(event)
            for wanted, seen in self._watched:
                if wanted(event.body):
                    seen.set()

        return show

    async def trusts(self, question: HostKeyQuestion) -> bool:
        self.asked.append(question)
        return True

    async def decide(self, question: LockQuestion) -> LockChoice:
        self.asked.append(question)
        if self.choice is None:
            await asyncio.Event().wait()
            raise AssertionError("nobody answers")
        return self.choice

    async def play(self) -> ExitCode:
        return await self.session.play(self)

    async def retry(self) -> ExitCode:
        return await self.session.retry(self, self.boards[-1])

    async def until(self, wanted: Callable[[Body], bool]) -> None:
        """Until an event comes that is wanted."""
        seen = asyncio.Event()
        self._watched.append((wanted, seen))
        await seen.wait()

    async def play_until(self, wanted: Callable[[Body], bool]) -> None:
        """Begin, as a console does in a worker, and abandon the waiting once something has happened."""
        async with asyncio.TaskGroup() as group:
            worker = group.create_task(self.play())
            await self.until(wanted)
            worker.cancel()


Script = Callable[[FakeConsole], Awaitable[object]]


class Consoles:
    """All consoles that a test has opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[FakeConsole] = []
        self._script: Script = FakeConsole.play
        monkeypatch.setattr("backstaff.cli.booting.console_wanted", lambda **_: True)
        monkeypatch.setattr("backstaff.cli.demo.console_wanted", lambda **_: True)
        monkeypatch.setattr("backstaff.console.app.Console", self._open)

    @property
    def only(self) -> FakeConsole:
        """The one that was opened."""
        (console,) = self.opened
        return console

    def follow(self, script: Script) -> None:
        """What the next console is to do; without it, it plays to the end and closes."""
        self._script = script

    def _open(self, session: Session) -> FakeConsole:
        console = FakeConsole(session, self._script)
        self.opened.append(console)
        return console
