"""What goes on behind a console: runs that outlive it, and the way back to plain lines without it."""

import asyncio
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, ExitStack, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from backstaff.cli.console_operator import ConsoleOperator
from backstaff.cli.journal_copy import copy_journal
from backstaff.cli.plain_lines import PlainLines
from backstaff.console.session import FollowedLine, RunInfo, Stage
from backstaff.engine.ending import Cancellation
from backstaff.errors import ExitCode, UsageError
from backstaff.events.board import Board
from backstaff.events.redact import Redactor
from backstaff.events.stream import Sink
from backstaff.events.types import Event
from backstaff.headless.styled import Shown

Leave = Callable[[ExitCode], None]
"""Ends the process at once."""


class Front(Protocol):
    """What is needed of the app that shows the runs."""

    def exit(self) -> None:
        """Close it, soon."""
        ...

    def suspend(self) -> AbstractContextManager[None]:
        """Give the terminal back while the body runs."""
        ...


@dataclass
class _Run:
    """A run; `code` is None until it has ended."""

    cancellation: Cancellation
    code: ExitCode | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    operator_asked: bool = False
    """Whether the operator, and not a signal, has asked for its end."""

    async def over(self) -> ExitCode:
        await self.ended.wait()
        if self.code is None:
            raise RuntimeError("a run that has ended has no exit code")
        return self.code


class Backstage(ABC):
    """One run at a time, in tasks of `group` that do not end with the console.

    Signals come here (`request`): the run is ended well, and then the console closes. `lines` tell on
    standard output what is to be seen there once the console is gone."""

    def __init__(self, group: asyncio.TaskGroup, lines: PlainLines) -> None:
        self.lines = lines
        self.operator = ConsoleOperator()
        self.front: Front | None = None
        """The console, while it is open."""
        self.trouble: Exception | None = None
        """What broke the console, where that came to light here."""
        self._group = group
        self._stderr = sys.stderr
        self._beside: set[asyncio.Task[None]] = set()
        self._run: _Run | None = None
        self._signal: ExitCode | None = None

    scope: frozenset[str]
    """What may be asked for, see `Session`."""

    @property
    @abstractmethod
    def redactor(self) -> Redactor:
        """Masks the session's secrets."""

    @abstractmethod
    async def begin(self, stage: Stage | None) -> ExitCode:
        """Carry out what the session is for, to the end; without a stage in plain lines alone."""

    @abstractmethod
    async def retry(self, stage: Stage, board: Board) -> ExitCode:
        """See `Session`."""

    @abstractmethod
    def follow(self, host: str, role: str, container: str) -> AsyncGenerator[FollowedLine, None]:
        """See `Session`."""

    @abstractmethod
    def shell(self, host: str, container: str) -> Sequence[str]:
        """See `Session`."""

    @property
    def begun(self) -> bool:
        """Whether there was a run."""
        return self._run is not None

    @property
    def going_on(self) -> bool:
        """Whether there is one now."""
        return self._run is not None and self._run.code is None

    async def play(self, stage: Stage) -> ExitCode:
        """Carry out what the session is for. Cancelling this abandons the waiting only."""
        return await self.begin(stage)

    async def over(self) -> ExitCode:
        """The exit code of the latest run, once it has ended; of a signal if there was no run."""
        if self._run is None:
            return self._signal or ExitCode.INTERRUPTED
        return await self._run.over()

    def cancel(self) -> None:
        """End the run well; asked a second time, at once. A signal may have asked before: the operator has
        not insisted by that."""
        run = self._run
        if run is None:
            return
        first, run.operator_asked = not run.operator_asked, True
        if not first or run.cancellation.code is None:
            self._end_run(ExitCode.INTERRUPTED)

    def request(self, code: ExitCode) -> None:
        """A signal came. The console closes with the run, and at once if its terminal is gone."""
        self._signal = self._signal or code
        self._end_run(code)
        if code is ExitCode.HANGUP or not self.going_on:
            self.close_front()

    def close_front(self) -> None:
        """Close the console if it is open."""
        if self.front is not None:
            self.front.exit()

    def front_closed(self) -> None:
        """The console is gone: nobody is there to ask, and plain lines have the terminal."""
        self.front = None
        self.operator.leaves()
        self.lines.release()

    def close(self) -> None:
        """End what goes on beside the runs."""
        for task in self._beside:
            task.cancel()

    def export(self, journal: Path) -> Path:
        """Copy a run's journal into the current directory; where it went. Raises `JournalError`."""
        return copy_journal(journal, Path.cwd())

    def cancellation(self, leave: Leave) -> Cancellation:
        """For a run that `leave` ends at once, after the terminal was given back."""

        def leave_terminal_first(code: ExitCode) -> None:
            with ExitStack() as until_left:
                self._free_terminal(until_left)
                until_left.enter_context(redirect_stderr(self._stderr))
                leave(code)

        return Cancellation(leave_terminal_first)

    def sinks(self, stage: Stage | None, info: RunInfo, heading: Sequence[Shown] = ()) -> list[Sink]:
        """Where a run is told that begins now."""
        sinks = [self.lines.begin(heading)]
        if stage is None or self.front is None:
            return sinks
        self.operator.comes(stage)
        try:
            shown = stage.new_run(info)
        except Exception as bug:  # noqa: BLE001 - the boundary between the run and those who show it
            self._broke(bug)
            return sinks

        def while_open(event: Event) -> None:
            if self.front is None or self.trouble is not None:
                return
            try:
                shown(event)
            except Exception as bug:  # noqa: BLE001 - as above
                self._broke(bug)

        return [*sinks, while_open]

    async def carry_out(
        self, work: Coroutine[object, object, ExitCode], cancellation: Cancellation
    ) -> ExitCode:
        """Do the work of a run in a task of its own and wait for its end. Raises `UsageError` while another
        one goes on."""
        if self.going_on:
            work.close()
            raise UsageError("the run still goes on", fix="wait for its end, or cancel it first")
        # Textual has tasks begin within `create_task` where Python can do that; the engine is made, and
        # tested, for tasks that begin later.
        asyncio.get_running_loop().set_task_factory(None)
        self._run = run = _Run(cancellation)
        if self._signal is not None:
            cancellation.request(self._signal)
        self._group.create_task(self._to_the_end(run, work))
        return await run.over()

    def beside(self, work: Coroutine[object, object, None]) -> "asyncio.Task[None]":
        """Do something in a task that lasts until `close` at the latest."""
        task = self._group.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    async def _to_the_end(self, run: _Run, work: Coroutine[object, object, ExitCode]) -> None:
        run.code = await work
        run.ended.set()
        if self._signal is not None:
            self.close_front()

    def _end_run(self, code: ExitCode) -> None:
        if self._run is not None and self._run.code is None:
            self._run.cancellation.request(code)

    def _broke(self, bug: Exception) -> None:
        self.trouble = bug
        self.close_front()

    def _free_terminal(self, until_left: ExitStack) -> None:
        if self.front is None:
            return
        try:
            until_left.enter_context(self.front.suspend())
        except Exception as bug:  # noqa: BLE001 - whatever it is, leaving must not fail by it
            self.trouble = bug
