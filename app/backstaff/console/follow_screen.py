"""What one container prints, from its last lines on, for as long as the screen is open."""

from contextlib import aclosing
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen

from backstaff.console.error_line import in_a_line
from backstaff.console.footer import KeysFooter
from backstaff.console.line_store import LineStore, LogEntry
from backstaff.console.log_view import LogView, followed_entry
from backstaff.console.session import FollowedLine, Session
from backstaff.console.shown import Shown
from backstaff.errors import BackstaffError
from backstaff.events.board_state import pair_key
from backstaff.events.inert import inert
from backstaff.explain.bug import internal_error

DRAWN_EVERY_S = 1 / 20


class FollowScreen(Screen[None]):
    """Follows a container over a connection of its own, independent of the run."""

    BINDING_GROUP_TITLE = "output"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o", "close", "Close", id="output.close"),
    ]

    def __init__(self, session: Session, host: str, role: str, container: str) -> None:
        super().__init__()
        self._session = session
        self._host, self._role, self._container = host, role, container
        self._store: LineStore[LogEntry] = LineStore()
        self._come: list[LogEntry] = []
        self._end = ""

    def compose(self) -> ComposeResult:
        """A title, the lines, the keys."""
        yield Shown(id="header")
        with Vertical(classes="panel"):
            yield LogView(self._store)
        yield KeysFooter()

    def on_mount(self) -> None:
        """Begin to read."""
        self._say("connecting…")
        self.query_one(LogView).focus()
        self.set_interval(DRAWN_EVERY_S, self.draw)
        self.run_worker(self._read(), exit_on_error=False)

    async def _read(self) -> None:
        try:
            lines = self._session.follow(self._host, self._role, self._container)
            async with aclosing(lines):
                async for line in lines:
                    self._take(line)
            self._end = "the container has ended"
        except BackstaffError as error:
            self._end = in_a_line(error)
        except Exception as bug:  # noqa: BLE001 - the screen has to say why it stands still
            self._end = in_a_line(internal_error(bug, attach="this screen's text"))

    def _take(self, line: FollowedLine) -> None:
        self._come.append(followed_entry(line, 0.0))

    def draw(self) -> None:
        """Show what has come, all of it at once."""
        if self._come:
            come, self._come = self._come, []
            self._store.extend(come)
            self.query_one(LogView).lines_added()
        self._say(self._end or ("following" if len(self._store) else "connecting, or nothing written yet"))

    def _say(self, state: str) -> None:
        name = self._container or pair_key(self._host, self._role)
        self.query_one("#header", Shown).show(
            Content.assemble(
                (inert(name), "bold"), f" on {inert(self._host)}   ", (inert(state), "$text-muted")
            )
        )

    def action_close(self) -> None:
        """Back to the run; nothing is read any more."""
        self.dismiss()
