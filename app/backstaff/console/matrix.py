"""The hosts and what each of their roles is doing: a table to move about in."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from backstaff.console.matrix_lines import Line, Measure, fits, heading, measure, row_line
from backstaff.console.matrix_model import Grouping, Table, make_table
from backstaff.console.subject import RUN, Subject
from backstaff.events.board import Board

HEADINGS = 1
MOST_STRIPS = 2_000
"""How many drawn lines are kept."""


class Matrix(ScrollView, can_focus=True):
    """Draws only the rows that are seen, and of them only those that changed.

    `selected` is called when the operator moved to a cell, `opened` when they want to see all about it; at
    once and not by message, so that the next key is about the cell that the cursor is on then."""

    BINDING_GROUP_TITLE = "hosts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", "Up", id="hosts.up", show=False),
        Binding("down,j", "move(1, 0)", "Down", id="hosts.down", show=False),
        Binding("left,h", "move(0, -1)", "Left", id="hosts.left", show=False),
        Binding("right,l", "move(0, 1)", "Right", id="hosts.right", show=False),
        Binding("g,home", "go(0)", "First", id="hosts.first", show=False),
        Binding("G,end", "go(-1)", "Last", id="hosts.last", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", id="hosts.page_up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", id="hosts.page_down", show=False),
        Binding("enter", "open", "Look", id="hosts.open"),
        Binding("y", "copy", "Copy name", id="hosts.copy", show=False),
        Binding("b", "group", "By host/role", id="hosts.group"),
    ]
    ALLOW_SELECT = False

    grouping: reactive[Grouping] = reactive(Grouping.HOST)
    pattern: reactive[str] = reactive("")

    class CopyRequested(Message):
        """The operator wants the name of what the cursor is on."""

    def __init__(
        self,
        *,
        selected: Callable[[Subject], None],
        opened: Callable[[Subject], None],
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._selected = selected
        self._opened = opened
        self._board = Board()
        self._changes = 0
        self._now_t = 0.0
        self._table = Table((), ())
        self._sizes = Measure(4, 17, listed=True)
        self._subject = RUN
        self._cursor = (-1, -1)
        self._drawn: dict[int, Line] = {}
        self._strips: dict[Line, Strip] = {}

    @property
    def subject(self) -> Subject:
        """What the cursor is on."""
        return self._subject

    def update_from(self, board: Board, now_t: float, subject: Subject, changes: int) -> None:
        """Show the Board as of `now_t`, with the cursor on `subject`. While `changes` stays the same, only
        times have changed."""
        moved = subject != self._subject
        changed = board is not self._board or changes != self._changes
        self._board, self._now_t, self._subject, self._changes = board, now_t, subject, changes
        if changed:
            self._refill()
        else:
            self._redraw()
        if moved:
            self._reveal_from_top()

    def watch_grouping(self) -> None:
        """Lay the table out anew."""
        self._refill()
        self._reveal_from_top()

    def watch_pattern(self) -> None:
        """Show only what matches."""
        self._refill()

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self._strips.clear()
        self._refill()
        self._reveal_from_top()

    def notify_style_update(self) -> None:
        """The theme changed: everything looks different."""
        self._strips.clear()
        super().notify_style_update()

    def _refill(self) -> None:
        """Make the table and its lines anew, and redraw the lines that differ."""
        width = self.scrollable_content_region.width or self.size.width
        full = make_table(self._board, self.grouping, self.pattern)
        listed = self.grouping is Grouping.ROLE or not fits(self._board, len(full.roles), width)
        if listed and self.grouping is Grouping.HOST:
            full = make_table(self._board, self.grouping, self.pattern, columns=False)
        self._table = full
        self._sizes = measure(self._board, full, width, listed=listed)
        self.virtual_size = Size(width, len(full.rows) + HEADINGS)
        self._redraw()

    def _redraw(self) -> None:
        """Redraw the lines on the screen that would look different from how they were drawn last."""
        place = self._table.find(self._subject)
        self._cursor = (-1, -1) if place is None else place
        for y in range(self.size.height):
            if self._line(y) != self._drawn.get(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def _line(self, y: int) -> Line:
        """The line at `y` on the screen; the heading stays at the top."""
        if y == 0:
            return heading(self._table, self._sizes)
        number = y + self.scroll_offset.y - HEADINGS
        if number >= len(self._table.rows):
            return ()
        selected = self._cursor[1] if self._cursor[0] == number else None
        return row_line(self._board, self._table.rows[number], self._sizes, self._now_t, selected)

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        line = self._drawn[y] = self._line(y)
        width = self.size.width
        strip = self._strips.get(line)
        if strip is None:
            if len(self._strips) > MOST_STRIPS:
                self._strips.clear()
            content = Content.assemble(*line)
            strip = Visual.to_strips(self, content, width, 1, self.visual_style)[0]
            self._strips[line] = strip
        return strip.crop_extend(0, width, self.rich_style)

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor, past headings and empty cells; from nowhere it goes to the first row."""
        place = self._table.find(self._subject)
        if place is None:
            self.action_go(0)
            return
        row, column = place
        if right:
            self._select(row, self._next_column(row, column, right))
            return
        row += down
        while 0 <= row < len(self._table.rows) and self._table.rows[row].host is None:
            row += down
        if 0 <= row < len(self._table.rows):
            self._select(row, column)

    def _next_column(self, row: int, column: int, step: int) -> int:
        cells = self._table.rows[row].cells
        wanted = column + step
        while 0 <= wanted < len(cells) and cells[wanted] is None:
            wanted += step
        return wanted if 0 <= wanted < len(cells) else column

    def action_go(self, row: int) -> None:
        """To the first or the last row."""
        rows = [number for number, each in enumerate(self._table.rows) if each.host is not None]
        if rows:
            self._select(rows[row], (self._table.find(self._subject) or (0, 0))[1])

    def action_page(self, pages: int) -> None:
        """A screenful up or down."""
        place = self._table.find(self._subject) or (0, 0)
        rows = [number for number, each in enumerate(self._table.rows) if each.host is not None]
        wanted = place[0] + pages * max(1, self.size.height - HEADINGS - 1)
        if rows:
            self._select(min(rows, key=lambda number: abs(number - wanted)), place[1])

    def action_open(self) -> None:
        """See all about the cell."""
        self._opened(self._subject)

    def action_copy(self) -> None:
        """Ask for the name to be copied."""
        self.post_message(self.CopyRequested())

    def action_group(self) -> None:
        """Rows for hosts, or for the hosts of each role."""
        self.grouping = Grouping.ROLE if self.grouping is Grouping.HOST else Grouping.HOST

    def on_click(self, event: events.Click) -> None:
        """Select the cell under the mouse; a second click opens it."""
        row = event.y + self.scroll_offset.y - HEADINGS
        if event.y == 0 or not 0 <= row < len(self._table.rows):
            return
        self._select(row, self._nearest(row, self._sizes.column_at(event.x)))
        if event.chain == 2:
            self.action_open()

    def _nearest(self, row: int, column: int) -> int:
        """The column itself, or the nearest one in which the host has a role."""
        cells = self._table.rows[row].cells
        filled = [number for number, pair in enumerate(cells) if pair is not None]
        return min(filled, key=lambda number: abs(number - column)) if filled else 0

    def _select(self, row: int, column: int) -> None:
        subject = self._table.rows[row].subject(self._nearest(row, column))
        if subject is not None:
            self._subject = subject
            self._redraw()
            self._reveal()
            self._selected(subject)

    def _reveal(self) -> None:
        """Scroll as far as is needed, but no further, for the selected row to be seen."""
        place = self._table.find(self._subject)
        if place is None:
            return
        row, top, height = place[0], self.scroll_offset.y, self.size.height - HEADINGS
        if row < top:
            self.scroll_to(y=row, animate=False)
        elif height > 0 and row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False)

    def _reveal_from_top(self) -> None:
        """Show the top, where trouble is, or as much of what follows as the selected row asks for: wherever
        the table stood before, and whatever size it had."""
        place = self._table.find(self._subject)
        row, height = place[0] if place else 0, self.size.height - HEADINGS
        if height > 0 and (place or not self._subject.host):
            self.scroll_to(y=max(0, row - height + 1), animate=False)
