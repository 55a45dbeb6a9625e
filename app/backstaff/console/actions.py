"""What an operator can do to a run from the console; what destroys something is confirmed first."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from backstaff.console.dialogs.cancel_run import STAY, TITLE, VERB, what_cancelling_does
from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.confirm import Confirm, sayings
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.dialogs.leave import Leave, Leaving
from backstaff.console.hanging import Fact
from backstaff.console.looking_actions import Beside, LookingActions, short_path
from backstaff.console.matrix_lines import shown_state
from backstaff.console.run_state import RunState
from backstaff.console.session import Session
from backstaff.console.states import look_of
from backstaff.console.subject import Subject
from backstaff.events.board import Board
from backstaff.events.board_state import ContainerView
from backstaff.events.facts import PairState
from backstaff.events.inert import inert
from backstaff.explain.retry import pairs_to_retry
from backstaff.explain.words import counted

T = TypeVar("T")

MOST_PAIRS = 8
_NEVER_BOOTED = {PairState.PENDING, PairState.QUEUED, PairState.HALTED}
CTRL_C = "ctrl+c"


_BEING_ENDED = (
    "The run is being ended: it releases the lock and looks at the hosts once more. "
    "Ending it at once does none of that."
)


class Surroundings(Beside, Protocol):
    """What the actions need of the app that they are part of."""

    async def choose(self, dialog: Dialog[T]) -> T:
        """Show a dialog and wait for its answer."""
        ...

    async def hand_terminal_to(self, argv: tuple[str, ...]) -> int:
        """Let a program have the terminal, and return its status."""
        ...

    def leave(self, *, when_ended: bool) -> None:
        """Close the console, at once or when the run has ended."""

    def follow(self, host: str, role: str, container: ContainerView | None) -> None:
        """Show what a container prints, on a screen of its own."""

    def begin_retry(self, board: Board) -> None:
        """Start a run that does again what of this one is not done."""


class Actions(LookingActions):
    """The operator's actions."""

    def __init__(self, session: Session, around: Surroundings) -> None:
        super().__init__(around)
        self._session = session
        self._around = around
        self._cancelling: RunState | None = None

    def by_name(self, name: str) -> Callable[[], Awaitable[None]]:
        """An action as the bindings name it. Raises KeyError for any other."""
        return {
            "cancel": self.cancel,
            "quit": self.quit,
            "retry": self.retry,
            "follow": self.follow,
            "shell": self.shell,
            "export": self.export,
            "copy_card": self.copy_card,
            "copy_name": self.copy_name,
        }[name]

    def possible(self, name: str) -> bool:
        """Whether an action makes sense now."""
        state = self._around.state
        result = state.board.result
        match name:
            case "cancel":
                return not state.ended
            case "retry":
                return name in self._session.scope and result is not None and result.verdict != "done"
            case "follow" | "shell":
                return name in self._session.scope
            case "export":
                return name in self._session.scope and state.info.journal is not None
            case "copy_card":
                return state.board.failure is not None
            case _:
                return True

    async def cancel(self) -> None:
        """Ask, then end the run well; once that goes on ask, then end it at once."""
        state = self._around.state
        if state.ended:
            self._around.tell("the run has ended; q closes the console")
            return
        asked = self._at_once(state) if self._cancelling is state else self._end_well(state)
        if await self._around.choose(asked) and not state.ended:
            self._cancelling = state
            self._session.cancel()

    def _end_well(self, state: RunState) -> Dialog[bool]:
        what = what_cancelling_does(state.board)
        return Confirm(TITLE, what, VERB, destructive=True, stay=STAY, again=(CTRL_C,))

    def _at_once(self, state: RunState) -> Dialog[bool]:
        release = state.board.lock.release if state.board.lock else ""
        what: list[str | Fact] = [_BEING_ENDED]
        if release:
            what.append(Fact("lock", f"may be left behind; released by {inert(release)}"))
        return Confirm("End it at once?", what, "End at once", destructive=True, again=(CTRL_C,))

    async def quit(self) -> None:
        """Close the console; while the run goes on ask what is to become of it."""
        if self._around.state.ended:
            self._around.leave(when_ended=False)
            return
        match await self._around.choose(Leave()):
            case Leaving.PLAIN:
                self._around.leave(when_ended=False)
            case Leaving.CANCEL:
                self._around.leave(when_ended=True)
                self._cancelling = self._around.state
                self._session.cancel()
            case Leaving.STAY:
                return

    async def retry(self) -> None:
        """Do again what is not done, as a run of its own."""
        board = self._around.state.board
        if self.possible("retry") and await self._around.choose(_retry_question(board)):
            self._around.begin_retry(board)

    async def follow(self) -> None:
        """Show what the selected container prints, and go on showing it."""
        subject = self._around.state.subject
        if not subject.role:
            self._around.tell("select a role on a host: its container is followed")
            return
        self._around.follow(subject.host, subject.role, self.container(subject))

    async def shell(self) -> None:
        """Open a shell on the selected host, or in its container."""
        subject = self._around.state.subject
        if not subject.host:
            self._around.tell("select a host: the shell is opened there")
            return
        container = self.container(subject)
        running = container is not None and container.facts.state == "running"
        where = await self._around.choose(_shell_question(subject, container)) if running else "host"
        if where == "stay":
            return
        name = container.facts.name if container is not None and where == "container" else ""
        argv = tuple(self._session.shell(subject.host, name))
        status = await self._around.hand_terminal_to(argv)
        if status:
            self._around.tell(f"the shell ended with status {status}", bad=True)

    async def export(self) -> None:
        """Write a copy of the journal into the current directory."""
        journal = self._around.state.info.journal
        if journal is not None:
            self._around.tell(f"the journal is in {short_path(self._session.export(journal))}")


def _retry_question(board: Board) -> Dialog[bool]:
    """What is booted again: every role on a host that is not known to be healthy on the new version."""
    again = pairs_to_retry(board)
    what: list[str | Fact] = [
        Fact(pair.key, _what_retrying_does(shown_state(board, pair)), strong=True)
        for pair in again[:MOST_PAIRS]
    ]
    if len(again) > MOST_PAIRS:
        what.append(f"and {len(again) - MOST_PAIRS} more")
    untouched = len(board.pairs) - len(again)
    if untouched:
        stay = "stays as it is" if untouched == 1 else "stay as they are"
        what.append(f"{counted(untouched, 'healthy role')} {stay}, if the hosts still show it.")
    return Confirm("Retry what is not done?", what or ["The run is done again."], "Retry")


def _what_retrying_does(state: PairState) -> str:
    again = "" if state in _NEVER_BOOTED else " again"
    return f"{look_of(state).word}; is booted{again}"


def _shell_question(subject: Subject, container: ContainerView | None) -> Dialog[str]:
    name = inert(container.facts.name) if container else ""
    return Dialog(
        "Open a shell",
        sayings([Fact("host", inert(subject.host)), Fact("container", name)]),
        [Choice("Container", "c", "container"), Choice("Host", "h", "host"), Choice("Stay", "s", "stay")],
        start=0,
        escape=2,
        hint="the run goes on meanwhile",
    )
