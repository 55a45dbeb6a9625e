"""What consoles have in common: a run on the main screen, drawn as it changes, and the operator's actions."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from textual.filter import LineFilter

from backstaff.console.ascii_glyphs import AsciiGlyphs
from backstaff.console.commands import Offer
from backstaff.console.dialogs.asking import Asking
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.error_line import in_a_line
from backstaff.console.foundation import Foundation
from backstaff.console.line_view import LineView
from backstaff.console.main_screen import MainScreen
from backstaff.console.run_state import RunState
from backstaff.console.subject import RUN, Subject
from backstaff.console.why_panel import WhyPanel
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.inert import inert

DRAWN_EVERY_S = 1 / 20

T = TypeVar("T")


class RunConsole(Foundation[ExitCode]):
    """Shows a run, wherever its events come from.

    A binding's action `act('NAME')` does what `deed` has under that name, if it is `possible` now."""

    TITLE = "backstaff"
    CSS_PATH = "console.tcss"

    def __init__(self, state: RunState, main: MainScreen) -> None:
        super().__init__()
        self._state = state
        self._main = main
        self._dialogs = Asking(self)
        self._acting = False
        self._drawn_second = -1
        self._ended_shown = False
        self._ascii = AsciiGlyphs()

    @property
    def state(self) -> RunState:
        """The run that is shown."""
        return self._state

    @abstractmethod
    def possible(self, name: str) -> bool:
        """Whether an action makes sense now."""

    @abstractmethod
    def deed(self, name: str) -> Callable[[], Awaitable[None]]:
        """An action by its name. Raises KeyError for any other."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to each line before it is written."""
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self.ascii_only else filters

    def on_mount(self) -> None:
        """The screen first."""
        self.push_screen(self._main)
        self.set_interval(DRAWN_EVERY_S, self.tick)
        self.screen_is_there()

    @abstractmethod
    def screen_is_there(self) -> None:
        """Begin with whatever is to be shown."""

    def tick(self) -> None:
        """It is time to draw."""
        self.draw()

    def draw(self) -> None:
        """Take in what has happened and show it, if it or the second on the clock has changed."""
        taken = self._state.take()
        second = int(self._state.now_t())
        if taken or second != self._drawn_second:
            self._drawn_second = second
            self.show_now()

    def show_now(self) -> None:
        """Draw the run as it is."""
        if not self._main.is_running:
            return
        self._main.show(self._state)
        if self._state.ended != self._ended_shown:
            self._ended_shown = self._state.ended
            self._main.refresh_bindings()

    async def choose(self, dialog: Dialog[T]) -> T:
        """Show a dialog of the operator's own making, above any question of the run."""
        return await self._dialogs.ask(dialog)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Which actions make sense now: the others have no key, no help and no place in the palette."""
        if action != "act" or not parameters:
            return super().check_action(action, parameters)
        return self.possible(str(parameters[0]))

    def action_act(self, name: str) -> None:
        """Do one of the operator's actions, in a worker: it may ask and wait."""
        if not self._acting:
            self._acting = True
            self.run_worker(self._act(name), group="operator", exit_on_error=False)

    async def _act(self, name: str) -> None:
        try:
            await self.deed(name)()
        except BackstaffError as error:
            self.tell(in_a_line(error), bad=True)
        except OSError as error:
            self.tell(f"{error.filename or name}: {error.strerror or error}", bad=True)
        finally:
            self._acting = False

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something in passing."""
        self.notify(inert(text), severity="error" if bad else "information", markup=False)

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
