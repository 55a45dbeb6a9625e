"""The console as an app: the run in a background worker, its events on the screen, the operator's wishes."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.worker import Worker, WorkerState

from backstaff.console.actions import Actions
from backstaff.console.dialogs.asking import Asking
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.dialogs.host_key import TrustHostKey
from backstaff.console.dialogs.lock_held import LockIsHeld
from backstaff.console.error_line import in_a_line
from backstaff.console.follow_screen import FollowScreen
from backstaff.console.foreground import run_in_place_of
from backstaff.console.help_screen import HelpScreen
from backstaff.console.keys_of_apps import COMMON, LEAVING, LIVE, REPLAY_IDS
from backstaff.console.line_view import LineView
from backstaff.console.main_screen import MainScreen
from backstaff.console.matrix import Matrix
from backstaff.console.pace import Pace
from backstaff.console.run_clock import LiveClock
from backstaff.console.run_console import RunConsole
from backstaff.console.run_state import RunState
from backstaff.console.session import RunInfo, Session
from backstaff.console.why_panel import WhyPanel
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.board import Board
from backstaff.events.board_state import ContainerView
from backstaff.events.stream import Sink
from backstaff.explain.bug import internal_error

PLAY = "play"
"""The name of the worker in which the run goes on."""


class Console(RunConsole):
    """Shows the runs of a session and passes on what the operator asks for.

    What it returns is the exit code of the last run; None if the operator left while it went on."""

    KEY_PLACES: ClassVar[Sequence[type[DOMNode]]] = (MainScreen, Matrix, WhyPanel, LineView, FollowScreen)
    OTHER_KEYS = REPLAY_IDS
    BINDINGS: ClassVar[list[BindingType]] = [*LIVE, *COMMON, *LEAVING]

    def __init__(self, session: Session) -> None:
        state = RunState(RunInfo(), LiveClock(monotonic))
        super().__init__(state, MainScreen(state))
        self._session = session
        self._leaves_when_ended = False
        self._code: ExitCode | None = None
        self._questions = Asking(self)
        self._actions = Actions(session, self)
        self._pace = Pace(monotonic)

    def screen_is_there(self) -> None:
        """Begin the run once the first picture is shown: what it has to import takes its time."""
        self.call_after_refresh(self._begin_to_play)

    def tick(self) -> None:
        """Draw, or leave the time to keys and to the run: then what happens is only taken in."""
        if not self._pace.rests:
            self._pace.spend(self.draw)
        elif self._state.take():
            self._drawn_second = -1

    def _begin_to_play(self) -> None:
        self._begin(self._session.play(self))

    def _begin(self, run: Coroutine[object, object, ExitCode]) -> None:
        self._code = None
        self.run_worker(run, name=PLAY, exclusive=True, exit_on_error=False)

    def on_worker_state_changed(self, message: Worker.StateChanged) -> None:
        """The run has ended, or what carried it out broke."""
        worker = message.worker
        if message.state is WorkerState.ERROR and isinstance(worker.error, Exception):
            self._tell_broken(worker.name == PLAY, worker.error)
        if worker.name != PLAY or message.state not in {WorkerState.SUCCESS, WorkerState.ERROR}:
            return
        result = worker.result if message.state is WorkerState.SUCCESS else ExitCode.FAILED
        self._code = result if isinstance(result, ExitCode) else ExitCode.FAILED
        self.show_now()
        if self._leaves_when_ended:
            self.exit(self._code)

    def _tell_broken(self, is_run: bool, error: Exception) -> None:
        """What broke a run stays on the screen: there is nothing else to be seen of it any more."""
        meant = error if isinstance(error, BackstaffError) else internal_error(error)
        if is_run:
            self._state.trouble = in_a_line(meant)
        else:
            self.tell(in_a_line(meant), bad=True)

    def new_run(self, info: RunInfo) -> Sink:
        """Clear the stage for a run."""
        self._state = RunState(info, LiveClock(monotonic, info.speed))
        self._drawn_second = -1
        return self._state.feed

    async def trusts(self, question: HostKeyQuestion) -> bool:
        """Ask whether a host's key is right."""
        return await self._questions.ask(TrustHostKey(question))

    async def decide(self, question: LockQuestion) -> LockChoice:
        """Ask what to do about somebody else's lock."""
        return await self._questions.ask(LockIsHeld(question))

    def possible(self, name: str) -> bool:
        """Whether an action makes sense now."""
        return self._actions.possible(name)

    def deed(self, name: str) -> Callable[[], Awaitable[None]]:
        """An action by its name."""
        return self._actions.by_name(name)

    def action_interrupt(self) -> None:
        """Ctrl-C, wherever it is pressed: it cancels, and in the question whether to cancel it says yes."""
        screen = self.screen
        if isinstance(screen, Dialog) and screen.answer("ctrl+c"):
            return
        if isinstance(screen, Dialog) and self._dialogs.busy:
            screen.withdraw()
        elif isinstance(screen, HelpScreen | CommandPalette):
            screen.dismiss()
        self._acting = False
        self.action_act("cancel")

    async def hand_terminal_to(self, argv: tuple[str, ...]) -> int:
        """Let a program have the terminal. The run goes on; nothing is drawn meanwhile."""
        return await run_in_place_of(self, argv)

    def leave(self, *, when_ended: bool) -> None:
        """Close the console, at once or when the run has ended."""
        if when_ended and self._code is None:
            self._leaves_when_ended = True
        else:
            self.exit(self._code)

    def follow(self, host: str, role: str, container: ContainerView | None) -> None:
        """Show what a container prints, on a screen of its own."""
        name = container.facts.name if container else ""
        self.push_screen(FollowScreen(self._session, host, role, name))

    def begin_retry(self, board: Board) -> None:
        """Start a run that does again what of this one is not done."""
        self._begin(self._session.retry(self, board))
