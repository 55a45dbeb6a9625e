"""What an operator can do with a run that is shown, whether it goes on or is over: copy from it."""

from pathlib import Path
from typing import Protocol

from backstaff.console.run_state import RunState
from backstaff.console.subject import Subject
from backstaff.events.board_state import ContainerView
from backstaff.events.inert import inert
from backstaff.headless.card import card_lines

CARD_WIDTH = 100


class Beside(Protocol):
    """What looking needs of the app around it."""

    @property
    def state(self) -> RunState:
        """The run that is shown."""
        ...

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, and say what became of it."""
        ...

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something in passing."""


class LookingActions:
    """Actions that change nothing."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside

    async def copy_card(self) -> None:
        """Copy the failure card as text."""
        board = self._beside.state.board
        if board.failure is not None:
            lines = map(str, card_lines(board.failure, board, CARD_WIDTH))
            self._beside.copy_to_clipboard("\n".join(lines))

    async def copy_name(self) -> None:
        """Copy the name of the selected container, or of the host where there is none."""
        subject = self._beside.state.subject
        container = self.container(subject)
        name = container.facts.name if container else subject.host
        if name:
            self._beside.copy_to_clipboard(inert(name))
        else:
            self._beside.tell("select a host: its name, or that of its container, is copied")

    def container(self, subject: Subject) -> ContainerView | None:
        """The container that the run made for the subject, else the one that runs there."""
        board = self._beside.state.board
        pair = board.pair(subject.host, subject.role)
        if pair is None:
            return None
        own = board.container_of(pair)
        if own is not None:
            return own
        on_host = board.containers.get(subject.host, {}).values()
        return next(
            (each for each in on_host if each.role == subject.role and each.facts.state == "running"), None
        )


def short_path(path: Path) -> str:
    """A path as seen from the current directory, if it is in there."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
