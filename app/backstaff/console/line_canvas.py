"""A sheet of very many lines on the screen: only what is seen is drawn, and its end is kept in sight."""

from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar, Generic, TypeVar

from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from backstaff.console.line_cursor import Cursor
from backstaff.console.line_head import LineLook
from backstaff.console.line_paint import Painter
from backstaff.console.line_sheet import Sheet, Spot
from backstaff.console.line_store import Entry, LineStore, Scope
from backstaff.console.log_filter import LogFilter

_MOST_STRIPS = 1_000

E = TypeVar("E", bound=Entry)


class LineCanvas(ScrollView, Generic[E], can_focus=True, inherit_bindings=False):
    """Draws a sheet and scrolls over it; what keys do is up to its subclass."""

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"line-canvas--{name}"
        for name in (
            *("time", "host-0", "host-1", "host-2", "host-3", "label", "dim", "strong", "good", "warning"),
            *("bad", "mark", "cursor", "selected", "match", "current-match", "selection"),
        )
    }
    DEFAULT_CSS = """
    LineCanvas {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .line-canvas--time, & > .line-canvas--dim { color: $text-muted; }
        & > .line-canvas--host-0 { color: $primary; }
        & > .line-canvas--host-1 { color: $accent; }
        & > .line-canvas--host-2 { color: $secondary; }
        & > .line-canvas--host-3 { text-style: bold; }
        & > .line-canvas--strong { text-style: bold; }
        & > .line-canvas--good { color: $success; }
        & > .line-canvas--warning { color: $warning; }
        & > .line-canvas--bad { color: $error; }
        & > .line-canvas--mark { text-style: bold; }
        & > .line-canvas--cursor { background: $boost; text-style: bold; }
        & > .line-canvas--selected { background: $panel; }
        & > .line-canvas--match { text-style: reverse; }
        & > .line-canvas--current-match { text-style: reverse bold underline; }
        & > .line-canvas--selection {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """

    class Moved(Message):
        """The view stands elsewhere, or shows other lines."""

        def can_replace(self, message: Message) -> bool:
            """One of them is as good as many."""
            return isinstance(message, LineCanvas.Moved)

    def __init__(
        self,
        store: LineStore[E],
        look: LineLook[E],
        *,
        zone: tzinfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self.sheet = Sheet(store, look, zone)
        """The lines and where they are."""
        self.cursor = Cursor(self.sheet)
        """Where the operator is among them."""
        self.following = True
        """Whether the end is kept in sight."""
        self.left_at = store.end
        """The number of the first line that came after the end was left."""
        self._placing = False
        self._painter: Painter[E] | None = None
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_MOST_STRIPS)

    def lines_added(self) -> None:
        """Show what came since; takes time in the number of those lines, not of all."""
        top, head, total = self._top(), self.sheet.head, self.sheet.total
        if not self.sheet.catch_up():
            return
        if self.sheet.head is not head:
            self._strips.clear()
        full = self.sheet.head is head and total >= self.scroll_offset.y + self.size.height
        self._settle(top, redraw=self.following or not full)

    def show(self, scope: Scope) -> None:
        """Show the lines of a scope from their end, and follow. Patterns and search stay as they are."""
        wanted = self.sheet.filter
        if scope != wanted.scope:
            self._begin_anew()
            self.relay(lambda: self.sheet.filter_by(LogFilter(scope, wanted.include, wanted.exclude)))

    def use(self, store: LineStore[E]) -> None:
        """Show the lines of another store from their end, and follow. All else stays as it is."""
        self._begin_anew()
        self.relay(lambda: self.sheet.use(store))

    def _begin_anew(self) -> None:
        self.cursor.remove()
        self.sheet.release()
        self.following = True

    def relay(self, change: Callable[[], None]) -> None:
        """Change what is on the sheet or how it is laid out, with the same line staying at its place."""
        top = self._held_spot()
        change()
        self._strips.clear()
        self._drop_text_selection()
        self._settle(top)

    def follow(self) -> None:
        """Go to the end and keep it in sight from now on, also if paused."""
        self.following = True
        self.cursor.remove()
        self.sheet.go_on()
        self._settle(None)

    def stand(self) -> None:
        """Leave the end: new lines no longer move the view."""
        if self.following:
            self.following = False
            self.left_at = self.sheet.store.end

    def place(self, row: float) -> None:
        """Scroll to a row, which is no sign of the operator's will."""
        self._placing = True
        self.scroll_to(y=row, animate=False, force=True)
        self._placing = False

    def reveal(self, spot: Spot) -> None:
        """Bring a row of a line into sight, with as little scrolling as can be; from far away into the
        middle."""
        row, top, height = self.sheet.row_of(spot.number) + spot.part, self.scroll_offset.y, self.size.height
        if top <= row < top + height:
            return
        if top - height <= row < top:
            self.place(row)
        elif top + height <= row < top + 2 * height:
            self.place(row - height + 1)
        else:
            self.place(row - height // 2)

    def shown_numbers(self) -> tuple[int, int] | None:
        """The first and the last line on the screen; None if there is none."""
        total = self.sheet.total
        if not total:
            return None
        top = min(self.scroll_offset.y, total - 1)
        bottom = min(top + max(1, self.size.height), total) - 1
        return self.sheet.spot_at(top).number, self.sheet.spot_at(bottom).number

    def _top(self) -> tuple[Spot, int] | None:
        """What is on the first row of the screen, and that row."""
        row = self.scroll_offset.y
        return (self.sheet.spot_at(row), 0) if row < self.sheet.total else None

    def _held_spot(self) -> tuple[Spot, int] | None:
        """What should stay where it is: the cursor's line if it is seen, else what is on the first row."""
        if self.cursor.number is not None:
            y = self.sheet.row_of(self.cursor.number) - self.scroll_offset.y
            if 0 <= y < self.size.height:
                return Spot(self.cursor.number), y
        return self._top()

    def _settle(self, held: tuple[Spot, int] | None, *, redraw: bool = True) -> None:
        """Find the place again after the sheet has changed; without `redraw` what is seen is the same."""
        self.cursor.settle()
        self._tell_size()
        if self.following:
            self.place(self.max_scroll_y)
        elif held is not None:
            spot, y = held
            row = self.sheet.row_of(spot.number)
            self.place(row + min(spot.part, max(0, self._rows_from(row) - 1)) - y)
        if redraw:
            self.refresh()
        self.post_message(self.Moved())

    def _tell_size(self) -> None:
        """Tell Textual how large the sheet is. Setting `virtual_size` would lay the whole screen out and
        draw this widget once more, several times a second; all that has to change is the scrollbar."""
        self.set_reactive(Widget.virtual_size, Size(self.sheet.widest, self.sheet.total))
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = self.sheet.total

    def _rows_from(self, row: int) -> int:
        """The rows of the line that begins at a row."""
        return self.sheet.rows_of(self.sheet.spot_at(row).number) if row < self.sheet.total else 0

    def _drop_text_selection(self) -> None:
        """Characters count from elsewhere once the columns have changed."""
        if self.is_attached and self.text_selection is not None:
            self.screen.clear_selection()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolled by the operator: away from the end is to stand, back to it is to follow. Whoever was
        further down than there is to see any more did not scroll, but has more room."""
        super().watch_scroll_y(old_value, new_value)
        if self._placing or round(old_value) == round(new_value) or old_value > self.max_scroll_y:
            return
        if self.sheet.paused or round(new_value) < self.max_scroll_y:
            self.stand()
        elif not self.following and not self._selects():
            self.follow()
        self.post_message(self.Moved())

    def _selects(self) -> bool:
        """Whether the operator has something selected, which to follow would take out of sight."""
        return self.cursor.anchor is not None or self.text_selection is not None

    def on_resize(self) -> None:
        """Lay the lines out for the new width, and keep the cursor in sight."""
        width = self.scrollable_content_region.width
        if width and width != self.sheet.width:
            self.relay(lambda: self.sheet.fit(width))
        else:
            self._settle(self._held_spot())
        if self.cursor.number is not None:
            self.reveal(Spot(self.cursor.number))

    def notify_style_update(self) -> None:
        """The theme or the focus changed: everything looks different."""
        self._strips.clear()
        self._painter = None
        super().notify_style_update()

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Lines that are not wrapped can be scrolled, though without a scrollbar, which would take a row."""
        return not self.sheet.wrapped

    def render_line(self, y: int) -> Strip:
        """A row of the screen."""
        painter = self._painter or self._new_painter()
        row, width = self.scroll_offset.y + y, self.size.width
        if row >= self.sheet.total:
            return painter.blank(width, self._nothing() if row == 0 else "")
        spot = self.sheet.spot_at(row)
        if spot.number < self.sheet.store.first:
            return painter.blank(width)
        selection = self.text_selection
        selected = selection.get_span(spot.number) if selection else None
        mark = self.cursor.mark_of(spot.number)
        key = (spot, self.scroll_offset.x, width, mark, selected)
        strip = self._strips.get(key)
        if strip is None:
            strip = painter.row(spot, self.scroll_offset.x, width, mark, selected)
            self._strips[key] = strip
        return strip

    def _new_painter(self) -> Painter[E]:
        self._painter = Painter(self.sheet, self._component_style, self.rich_style)
        return self._painter

    def _component_style(self, name: str) -> Style:
        return self.get_component_rich_style(f"line-canvas--{name}", partial=True)

    def _nothing(self) -> str:
        wanted = self.sheet.filter
        if not wanted.by_text or not len(self.sheet.store):
            return self.sheet.look.nothing
        return "no line passes the filters"

    def selection_updated(self, selection: Selection | None) -> None:
        """The mouse selects: what it selects must not run away."""
        if selection is not None:
            self.stand()
        self.refresh()
        self.post_message(self.Moved())

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected characters, as they are shown. A selection that comes from elsewhere on the screen
        or goes on there covers what is in sight."""
        seen = self.shown_numbers()
        if seen is None:
            return None
        first = seen[0] if selection.start is None else selection.start.y
        last = seen[1] if selection.end is None else selection.end.y
        lines = []
        for number in self.sheet.between(first, last):
            span = selection.get_span(number)
            if number >= self.sheet.store.first and span is not None:
                line = self.line_text(number)
                lines.append(line[max(0, span[0]) : None if span[1] < 0 else span[1]].rstrip())
        return "\n".join(lines), "\n"

    def line_text(self, number: int) -> str:
        """A line as it is shown, its columns included."""
        entry = self.sheet.entry(number)
        return "".join(text for text, _ in self.sheet.head.pieces(entry)) + entry.text
