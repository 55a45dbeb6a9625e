"""A view of lines with the row below it that says where it stands, or takes a pattern."""

from dataclasses import replace
from datetime import tzinfo
from typing import Generic, Self, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from backstaff.console.line_head import LineLook
from backstaff.console.line_keys import PatternKind
from backstaff.console.line_status import standing_line
from backstaff.console.line_store import Entry, LineStore, Scope
from backstaff.console.line_view import LineView
from backstaff.console.pattern_row import PatternRow
from backstaff.console.shown import Shown

E = TypeVar("E", bound=Entry)


class LinePanel(Vertical, Generic[E]):
    """Lines of one kind, as a panel of a screen.

    The console extends the store and calls `lines_added` when it draws; `CopyRequested` is what it hears."""

    DEFAULT_CSS = """
    LinePanel {
        height: 1fr;
        & > Shown { height: 1; padding: 0 1; }
    }
    """
    CopyRequested = LineView.CopyRequested

    def __init__(
        self,
        store: LineStore[E],
        look: LineLook[E],
        *,
        zone: tzinfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self.lines: LineView[E] = LineView(store, look, asks=self._ask_for_pattern, zone=zone)
        """The view itself: what has the focus, the keys and the scroll position."""
        self._status = Shown()
        self._pattern = PatternRow()
        self._left_out = 0

    def compose(self) -> ComposeResult:
        """The lines, and one row below them."""
        yield self.lines
        yield self._status
        yield self._pattern

    def show(self, scope: Scope) -> None:
        """Show the lines of a role on a host, a host, a role, or everything; from their end, following."""
        self.lines.show(scope)

    def lines_added(self, left_out: int = 0) -> None:
        """Show what came into the store since. `left_out` lines of the run never came into it."""
        self._left_out = left_out
        self.lines.lines_added()
        self._say_standing()

    def use(self, store: LineStore[E]) -> None:
        """Show the lines of another store, as of a new run."""
        self.lines.use(store)

    def focus(self, scroll_visible: bool = True) -> Self:
        """Give the focus to the lines."""
        self.lines.focus(scroll_visible)
        return self

    def on_resize(self) -> None:
        """What is said depends on the width."""
        self._say_standing()

    @on(LineView.Moved)
    def _hear_of_move(self, message: LineView.Moved) -> None:
        message.stop()
        self._say_standing()

    def _say_standing(self) -> None:
        if not self._pattern.display:
            standing = replace(self.lines.standing, left_out=self._left_out)
            self._status.show(standing_line(standing, max(0, self.size.width - 2)))

    def _ask_for_pattern(self, kind: PatternKind) -> None:
        self._say_standing()
        self._status.display = False
        self._pattern.open(kind, self.lines.pattern_of(kind))

    @on(PatternRow.Entered)
    def _use_pattern(self, message: PatternRow.Entered) -> None:
        message.stop()
        self._back_to_lines()
        self.lines.use_pattern(message.kind, message.pattern)

    @on(PatternRow.Left)
    def _back_to_lines(self) -> None:
        self._pattern.close()
        self._status.display = True
        self.lines.focus()
        self._say_standing()
