"""The console over a recorded run: played, searched, and looked at wherever something happened."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf, isinf
from pathlib import Path
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType
from textual.dom import DOMNode
from textual.worker import Worker, WorkerState

from backstaff.console.dialogs.typed import Typed
from backstaff.console.error_line import in_a_line
from backstaff.console.keys_of_apps import COMMON, FOOTER_FIRST, LEAVING, LIVE_IDS, REPLAY
from backstaff.console.line_view import LineView
from backstaff.console.log_filter import BadPattern, Pattern, parse_pattern
from backstaff.console.looking_actions import LookingActions, short_path
from backstaff.console.main_screen import MainScreen
from backstaff.console.matrix import Matrix
from backstaff.console.overview import Overview
from backstaff.console.replaying import Replaying
from backstaff.console.run_console import RunConsole
from backstaff.console.session import RunInfo
from backstaff.console.timeline import Timeline
from backstaff.console.why_panel import WhyPanel
from backstaff.errors import BackstaffError, ExitCode
from backstaff.explain.bug import internal_error
from backstaff.replay.marks import MarkKind
from backstaff.replay.player import Player
from backstaff.replay.times import HINT, Stretch, parse_time

BACKGROUND = "background"
"""The name of the worker that spends time on what is to be done."""
TURNS = 16
"""How often others have their turn between two short times of work: a key goes from hand to hand until what
it does is on the screen, and each hand takes a turn."""
PICTURE_WITHIN_S = 0.2
"""How long work waits for a picture, at most."""
SKIP_S = 10.0
_KINDS = {"wait": MarkKind.WAIT, "failure": MarkKind.FAILURE, "host": MarkKind.HOST}
_NAMES = {MarkKind.WAIT: "wait", MarkKind.FAILURE: "failure", MarkKind.HOST: "trouble of a host"}


@dataclass(frozen=True)
class Begin:
    """Where a replay begins: `t` seconds into the run, None for its end; and whether it plays from there."""

    t: float | None = None
    plays: bool = False
    speed: float = 1.0


class ReplayConsole(RunConsole):
    """Shows a recorded run.

    `export` copies its journal to where the operator works and says where it went; None if there is none."""

    KEY_PLACES: ClassVar[Sequence[type[DOMNode]]] = (MainScreen, Matrix, WhyPanel, LineView)
    OTHER_KEYS = LIVE_IDS
    OWN_KEYS: ClassVar[dict[str, str]] = {"log.pause": "p"}
    BINDINGS: ClassVar[list[BindingType]] = [*REPLAY, *COMMON, *LEAVING]

    def __init__(
        self,
        player: Player,
        begin: Begin | None = None,
        *,
        title: str = "",
        export: Callable[[], Path] | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._replaying = Replaying(
            player,
            RunInfo(title=title, past=True),
            tell=self.tell,
            found=self._show_found,
            at_tail=lambda: self._main.at_tail,
            seconds=seconds,
        )
        self._timeline = Timeline(id="timeline")
        super().__init__(
            self._replaying.state, MainScreen(self._replaying.state, self._timeline, FOOTER_FIRST)
        )
        self._overview = Overview(self._replaying, seconds)
        self._begin = begin or Begin()
        self._export = export
        self._looking = LookingActions(self)
        self._work_there = asyncio.Event()
        self._shown = self._pictured = 0
        """Which of what was to be shown was drawn last, and which is on the screen."""
        self._broken = ""
        """What ended the work, if anything did: it is on the screen, and no place is gone to any more."""
        self._told_of_timeline = ""
        """Why it could not be drawn the last time."""

    @property
    def replaying(self) -> Replaying:
        """The run and the place in it."""
        return self._replaying

    def screen_is_there(self) -> None:
        """Go to where the replay begins."""
        player, begin = self._replaying.player, self._begin
        player.set_speed(begin.speed)
        then = player.play if begin.plays else player.follow if begin.t is None else player.pause
        self._replaying.begin(inf if begin.t is None else begin.t, then)
        self.run_worker(self._work(), name=BACKGROUND, exit_on_error=False)

    def on_worker_state_changed(self, message: Worker.StateChanged) -> None:
        """What broke the work in the background stays on the screen: no place is gone to any more."""
        error = message.worker.error
        if message.state is not WorkerState.ERROR or not isinstance(error, Exception):
            return
        if message.worker.name == BACKGROUND:
            self._tell_broken(error)
        else:
            self.tell(in_a_line(internal_error(error)), bad=True)

    def _tell_broken(self, error: Exception) -> None:
        self._state.trouble = self._broken = in_a_line(internal_error(error))
        self.show_now()

    async def _work(self) -> None:
        """Spend time on what is to be done, with turns for keys after every few milliseconds."""
        while not self._broken:
            if self._replaying.background.idle:
                self._work_there.clear()
                await self._work_there.wait()
                continue
            await self._show_place()
            self._spend_time()
            await self._show_place()
            for _ in range(TURNS):
                await asyncio.sleep(0)

    def _spend_time(self) -> None:
        """Do some of what is to be done. A place that is near is gone to at once: others would only draw
        meanwhile what is shown no longer right after."""
        replaying = self._replaying
        try:
            replaying.background.work()
            while replaying.hurries and replaying.seeking:
                replaying.background.work()
        except BackstaffError as error:
            self.tell(in_a_line(error), bad=True)
        except OSError as error:
            self.tell(f"{error.filename or 'the run'}: {error.strerror or error}", bad=True)

    async def _show_place(self) -> None:
        """Wait until another place is on the screen: whatever else there is to do comes after that."""
        if self._pictured == self._replaying.shown:
            return
        if self._shown != self._replaying.shown:
            self.draw()
        self._pictured = self._shown
        drawn = asyncio.Event()
        if self._main.is_running and self._main.call_after_refresh(drawn.set):
            with suppress(TimeoutError):
                async with asyncio.timeout(PICTURE_WITHIN_S):
                    await drawn.wait()

    def draw(self) -> None:
        """Show the place as it is now."""
        try:
            self._replaying.take()
        except BackstaffError as error:
            self._replaying.player.pause()
            self.tell(in_a_line(error), bad=True)
        if not self._replaying.background.idle:
            self._work_there.set()
        if self._shown != self._replaying.shown:
            self._state, self._shown = self._replaying.state, self._replaying.shown
            self._state.trouble = self._state.trouble or self._broken
            self._drawn_second = -1
        super().draw()
        if self._main.is_running:
            self._draw_timeline()

    def _draw_timeline(self) -> None:
        try:
            course = self._overview.course()
        except BackstaffError as error:
            if (told := in_a_line(error)) != self._told_of_timeline:
                self._told_of_timeline = told
                self.tell(told, bad=True)
            return
        self._timeline.update_from(course)

    def possible(self, name: str) -> bool:
        """Whether an action makes sense now."""
        match name:
            case "copy_card":
                return self.state.board.failure is not None
            case "export":
                return self._export is not None
            case _:
                return True

    def deed(self, name: str) -> Callable[[], Awaitable[None]]:
        """An action by its name."""
        return {
            "quit": self._quit,
            "export": self._export_journal,
            "go_to": self._ask_for_time,
            "search": self._ask_for_pattern,
            "copy_card": self._looking.copy_card,
            "copy_name": self._looking.copy_name,
        }[name]

    def action_replay(self, name: str) -> None:
        """Move the place. Raises KeyError for an unknown way."""
        try:
            self._move(name)
        except BackstaffError as error:
            self.tell(in_a_line(error), bad=True)
        self._set_out()

    def _set_out(self) -> None:
        """Show that another place is gone to, or already what is there."""
        if self._replaying.seeking and not self._broken:
            try:
                self._spend_time()
            except Exception as error:  # noqa: BLE001 - told as where the work in the background breaks
                self._tell_broken(error)
        self.draw()

    def _move(self, name: str) -> None:
        replaying, player = self._replaying, self._replaying.player
        kind, _, before = name.partition("_")
        if kind in _KINDS:
            self._to_mark(_KINDS[kind], -1 if before else 1)
            return
        if kind == "result":
            if not replaying.to_result(-1 if before else 1):
                self.action_act("search")
            return
        {
            "play": replaying.toggle,
            "step": replaying.step,
            "step_back": replaying.step_back,
            "faster": player.faster,
            "slower": player.slower,
            "forward": lambda: replaying.skip(SKIP_S),
            "backward": lambda: replaying.skip(-SKIP_S),
            "start": lambda: replaying.go_to(0.0, player.pause),
            "end": replaying.to_end,
        }[name]()

    def _to_mark(self, kind: MarkKind, step: int) -> None:
        player = self._replaying.player
        if self._replaying.to_mark(kind, step) is None:
            known = "" if player.knows_all else ", as far as it is read yet"
            self.tell(f"there is no {_NAMES[kind]} in this run{known}")

    def on_timeline_sought(self, message: Timeline.Sought) -> None:
        """Go where the timeline was clicked."""
        self._replaying.go_to(message.t)
        self._set_out()

    async def _ask_for_time(self) -> None:
        def flaw(text: str) -> str:
            try:
                self._time(text)
            except ValueError as error:
                return str(error)
            return ""

        typed = await self.choose(Typed("Go to a time", "Go", sample=HINT, check=flaw))
        if typed:
            t = self._time(typed)
            if isinf(t):
                self._replaying.to_end()
            else:
                self._replaying.go_to(t)
            self._set_out()

    def _time(self, text: str) -> float:
        """Raises ValueError."""
        length_t = inf if self._replaying.player.recording.grows else self._overview.length_t
        return parse_time(text, Stretch(length_t, self.state.board.wall(0.0), self._replaying.t))

    async def _ask_for_pattern(self) -> None:
        def flaw(text: str) -> str:
            pattern = parse_pattern(text)
            return pattern.why if isinstance(pattern, BadPattern) else ""

        sample = "A regular expression, looked for in what containers, hooks and builds wrote."
        typed = await self.choose(Typed("Search the whole run", "Search", sample=sample, check=flaw))
        pattern = parse_pattern(typed)
        if typed and isinstance(pattern, Pattern):
            self._replaying.find(pattern)
            self.draw()

    def _show_found(self, pattern: Pattern) -> None:
        self._state = self._replaying.state
        self.show_now()
        self._main.show_found(pattern)

    async def _export_journal(self) -> None:
        if self._export is not None:
            self.tell(f"the journal is in {short_path(await asyncio.to_thread(self._export))}")

    async def _quit(self) -> None:
        self.exit(ExitCode.DONE)

    def action_interrupt(self) -> None:
        """Ctrl-C closes the replay, wherever it is pressed."""
        self.exit(ExitCode.DONE)
