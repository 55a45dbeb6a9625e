"""The console as an app: the run in a background worker, its events on the screen, the operator's wishes."""

from collections.abc import Coroutine, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
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
from backstaff.console.follow_screen import FollowScreen
from backstaff.console.foreground import run_in_foreground
from backstaff.console.foundation import Foundation
from backstaff.console.line_view import LineView
from backstaff.console.main_screen import MainScreen
from backstaff.console.matrix import Matrix
from backstaff.console.run_state import RunState
from backstaff.console.session import RunInfo, Session
from backstaff.console.subject import Subject
from backstaff.console.why_panel import WhyPanel
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.board import Board
from backstaff.events.board_state import ContainerView
from backstaff.events.inert import inert
from backstaff.events.stream import Sink

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
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._state = RunState(RunInfo(), monotonic)
        self._drawn_second = -1
        self._leaves_when_ended = False
        self._code: ExitCode | None = None
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
        if worker.state is WorkerState.ERROR and worker.error is not None:
            self.tell(f"{type(worker.error).__name__}: {worker.error}", bad=True)
        if worker.name != PLAY or worker.state not in {WorkerState.SUCCESS, WorkerState.ERROR}:
            return
        result = worker.result if worker.state is WorkerState.SUCCESS else ExitCode.FAILED
        self._code = result if isinstance(result, ExitCode) else ExitCode.FAILED
        if self._leaves_when_ended:
            self.exit(self._code)

    def draw(self) -> None:
        """Take in what has happened and show it, if it or the second on the clock has changed."""
        taken = self._state.take()
        second = int(self._state.now_t())
        if self._main.is_running and (taken or second != self._drawn_second):
            self._drawn_second = second
            self._main.show(self._state)

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

    def action_act(self, name: str) -> None:
        """Do one of the operator's actions, in a worker: it may ask and wait."""
        if self._dialogs.busy:
            return
        self.run_worker(self._act(name), group="operator", exit_on_error=False)

    async def _act(self, name: str) -> None:
        actions = {
            "cancel": self._actions.cancel,
            "retry": self._actions.retry,
            "follow": self._actions.follow,
            "shell": self._actions.shell,
            "copy_card": self._actions.copy_card,
            "copy_name": self._actions.copy_name,
            "export": self._actions.export,
            "quit": self._actions.quit,
        }
        try:
            await actions[name]()
        except BackstaffError as error:
            self.tell(f"{error}{f' (fix: {error.fix})' if error.fix else ''}", bad=True)

    async def hand_terminal_to(self, argv: tuple[str, ...]) -> int:
        """Let a program have the terminal. The run goes on; nothing is drawn meanwhile."""
        with self.suspend(), self.batch_update():
            return await run_in_foreground(argv)

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
