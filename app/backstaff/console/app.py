"""The console as an app: the run in a background worker, its events on the screen, the operator's wishes."""

from collections.abc import Coroutine, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.filter import LineFilter
from textual.worker import Worker, WorkerState

from backstaff.console.actions import Actions
from backstaff.console.ascii_glyphs import AsciiGlyphs
from backstaff.console.commands import Offer
from backstaff.console.dialogs.asking import Asking
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.dialogs.host_key import TrustHostKey
from backstaff.console.dialogs.lock_held import LockIsHeld
from backstaff.console.error_line import in_a_line
from backstaff.console.follow_screen import FollowScreen
from backstaff.console.foreground import run_in_place_of
from backstaff.console.foundation import Foundation
from backstaff.console.help_screen import HelpScreen
from backstaff.console.line_view import LineView
from backstaff.console.main_screen import MainScreen
from backstaff.console.matrix import Matrix
from backstaff.console.run_state import RunState
from backstaff.console.session import RunInfo, Session
from backstaff.console.subject import RUN, Subject
from backstaff.console.why_panel import WhyPanel
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.board import Board
from backstaff.events.board_state import ContainerView
from backstaff.events.inert import inert
from backstaff.events.stream import Sink
from backstaff.explain.bug import internal_error

DRAWN_EVERY_S = 1 / 20
PLAY = "play"
"""The name of the worker in which the run goes on."""

T = TypeVar("T")


class Console(Foundation[ExitCode]):
    """Shows the runs of a session and passes on what the operator asks for.

    What it returns is the exit code of the last run; None if the operator left while it went on."""

    TITLE = "backstaff"
    CSS_PATH = "console.tcss"
    KEY_PLACES: ClassVar[Sequence[type[DOMNode]]] = (MainScreen, Matrix, WhyPanel, LineView, FollowScreen)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "act('cancel')", "Cancel", id="run.cancel"),
        Binding("r", "act('retry')", "Retry", id="run.retry"),
        Binding("o", "act('follow')", "Output", id="container.follow"),
        Binding("s", "act('shell')", "Shell", id="host.shell"),
        Binding("Y", "act('copy_card')", "Copy card", id="card.copy", show=False),
        Binding("e", "act('export')", "Export", id="journal.export", show=False),
        Binding("q", "act('quit')", "Quit", id="app.quit"),
        Binding("ctrl+q", "act('quit')", "Quit", show=False, system=True, priority=True),
        Binding("ctrl+c", "interrupt", "Cancel", show=False, system=True, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state = RunState(RunInfo(), monotonic)
        self._drawn_second = -1
        self._ended_shown = False
        self._leaves_when_ended = False
        self._code: ExitCode | None = None
        self._acting = False
        self._questions = Asking(self)
        self._dialogs = Asking(self)
        self._actions = Actions(session, self)
        self._ascii = AsciiGlyphs()
        self._main = MainScreen(self._state)

    @property
    def state(self) -> RunState:
        """The run that is shown."""
        return self._state

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to each line before it is written."""
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self.ascii_only else filters

    def on_mount(self) -> None:
        """Begin: the screen first, then the run."""
        self.push_screen(self._main)
        self.set_interval(DRAWN_EVERY_S, self.draw)
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
        self._show_now()
        if self._leaves_when_ended:
            self.exit(self._code)

    def _tell_broken(self, is_run: bool, error: Exception) -> None:
        """What broke a run stays on the screen: there is nothing else to be seen of it any more."""
        meant = error if isinstance(error, BackstaffError) else internal_error(error)
        if is_run:
            self._state.trouble = in_a_line(meant)
        else:
            self.tell(in_a_line(meant), bad=True)

    def draw(self) -> None:
        """Take in what has happened and show it, if it or the second on the clock has changed."""
        taken = self._state.take()
        second = int(self._state.now_t())
        if taken or second != self._drawn_second:
            self._drawn_second = second
            self._show_now()

    def _show_now(self) -> None:
        if not self._main.is_running:
            return
        self._main.show(self._state)
        if self._state.ended != self._ended_shown:
            self._ended_shown = self._state.ended
            self._main.refresh_bindings()

    def new_run(self, info: RunInfo) -> Sink:
        """Clear the stage for a run."""
        self._state = RunState(info, monotonic)
        self._drawn_second = -1
        return self._state.feed

    async def trusts(self, question: HostKeyQuestion) -> bool:
        """Ask whether a host's key is right."""
        return await self._questions.ask(TrustHostKey(question))

    async def decide(self, question: LockQuestion) -> LockChoice:
        """Ask what to do about somebody else's lock."""
        return await self._questions.ask(LockIsHeld(question))

    async def choose(self, dialog: Dialog[T]) -> T:
        """Show a dialog of the operator's own making, above any question of the run."""
        return await self._dialogs.ask(dialog)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which actions make sense now: the others have no key, no help and no place in the palette."""
        if action != "act" or not parameters:
            return super().check_action(action, parameters)
        return self._actions.possible(str(parameters[0]))

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

    def action_act(self, name: str) -> None:
        """Do one of the operator's actions, in a worker: it may ask and wait."""
        if not self._acting:
            self._acting = True
            self.run_worker(self._act(name), group="operator", exit_on_error=False)

    async def _act(self, name: str) -> None:
        try:
            await self._actions.by_name(name)()
        except BackstaffError as error:
            self.tell(in_a_line(error), bad=True)
        except OSError as error:
            self.tell(f"{error.filename or name}: {error.strerror or error}", bad=True)
        finally:
            self._acting = False

    async def hand_terminal_to(self, argv: tuple[str, ...]) -> int:
        """Let a program have the terminal. The run goes on; nothing is drawn meanwhile."""
        return await run_in_place_of(self, argv)

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something in passing."""
        self.notify(inert(text), severity="error" if bad else "information", markup=False)

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

    def offers(self) -> Iterable[Offer]:
        """Commands of the palette: the hosts to go to, and what every app has."""
        yield Offer("go to this run", "look at the run as a whole", partial(self._go_to, RUN))
        for name in self._state.board.hosts:
            yield Offer(f"go to {name}", "look at this host", partial(self._go_to, Subject(name)))
        yield from super().offers()

    def _go_to(self, subject: Subject) -> None:
        self._state.look_at(subject)
        self._main.show(self._state)

    def on_why_panel_copy_requested(self, message: WhyPanel.CopyRequested) -> None:
        """Copy a page of text."""
        self.copy_to_clipboard(message.text)

    def on_line_view_copy_requested(self, message: LineView.CopyRequested) -> None:
        """Copy lines."""
        self.copy_to_clipboard(message.text)

    def on_matrix_copy_requested(self) -> None:
        """Copy the name of the selected container."""
        self.action_act("copy_name")
