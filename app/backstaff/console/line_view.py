"""Lines to move about in: search, filters, selection and copying, by keys and by mouse."""

from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.selection import Selection

from backstaff.console.line_canvas import LineCanvas
from backstaff.console.line_head import LineLook
from backstaff.console.line_keys import LINE_BINDINGS, PatternKind
from backstaff.console.line_sheet import Spot
from backstaff.console.line_status import Standing
from backstaff.console.line_store import Entry, LineStore
from backstaff.console.line_text import cells, fold
from backstaff.console.log_filter import LogFilter, Pattern

_SIDEWAYS = 8
"""Cells that a step to the left or right scrolls."""

E = TypeVar("E", bound=Entry)


class LineView(LineCanvas[E], Generic[E], can_focus=True, inherit_bindings=False):
    """A canvas under the hands of an operator. What it can not do by itself it asks for by messages."""

    BINDING_GROUP_TITLE = "lines"
    BINDINGS: ClassVar[list[BindingType]] = [*LINE_BINDINGS]

    class CopyRequested(Message):
        """The operator wants to have a text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """Inert, possibly of many lines."""

    def __init__(
        self,
        store: LineStore[E],
        look: LineLook[E],
        *,
        asks: Callable[[PatternKind], None],
        zone: tzinfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        """`asks` is called when the operator wants to type a pattern: at once and not by message, so that the
        next key is for the pattern already."""
        super().__init__(store, look, zone=zone, id=id)
        self._asks = asks

    @property
    def standing(self) -> Standing:
        """Where the view stands, for the line that says so."""
        sheet, selected = self.sheet, self.cursor.selected
        number, wanted = self.cursor.number, sheet.filter
        return Standing(
            following=self.following and not sheet.paused,
            paused=sheet.paused,
            lines=sheet.count,
            new=self._new(),
            gone=max(0, sheet.store.first),
            past=sheet.store.past,
            older=sheet.store.starts_later,
            include=wanted.include.told if wanted.include else "",
            exclude=wanted.exclude.told if wanted.exclude else "",
            search=sheet.search.told if sheet.search else "",
            match=None if number is None else sheet.match_place(number),
            matches=sheet.matches(),
            selected=len(sheet.between(*selected)) if selected else 0,
            wrapped=sheet.wrapped,
            column=self.scroll_offset.x,
        )

    def _new(self) -> int:
        """How many lines the operator has not seen the coming of."""
        if self.sheet.paused:
            return self.sheet.to_come()
        return 0 if self.following else self.sheet.coming_since(self.left_at)

    def pattern_of(self, kind: PatternKind) -> Pattern | None:
        """The pattern in use."""
        match kind:
            case PatternKind.SEARCH:
                return self.sheet.search
            case PatternKind.INCLUDE:
                return self.sheet.filter.include
            case PatternKind.EXCLUDE:
                return self.sheet.filter.exclude

    def use_pattern(self, kind: PatternKind, pattern: Pattern | None) -> None:
        """Search for a pattern, or filter by it; None is to do so no longer."""
        wanted = self.sheet.filter
        match kind:
            case PatternKind.SEARCH:
                self._search(pattern)
            case PatternKind.INCLUDE:
                wanted = LogFilter(wanted.scope, pattern, wanted.exclude)
            case PatternKind.EXCLUDE:
                wanted = LogFilter(wanted.scope, wanted.include, pattern)
        if wanted != self.sheet.filter:
            self.relay(lambda: self.sheet.filter_by(wanted))

    def _search(self, pattern: Pattern | None) -> None:
        """Find all, and go to the last one on the screen or before it: the newest that was to be seen."""
        self.relay(lambda: self.sheet.find(pattern))
        seen = self.shown_numbers()
        found = self.sheet.match_from(seen[1] + 1, -1) if seen else None
        if found is not None:
            self._go_to_match(found)

    def _go_to(self, number: int, part: int = 0) -> None:
        self.stand()
        self.cursor.put(number)
        self.reveal(Spot(number, part))
        self.refresh()
        self.post_message(self.Moved())

    def _go_to_match(self, number: int) -> None:
        """Go to a line found, to the row and column where the first match in it is."""
        text, search = self.sheet.entry(number).text, self.sheet.search
        start = next((start for start, _ in search.spans(text)), 0) if search else 0
        if self.sheet.wrapped:
            rows = fold(text, self.sheet.text_width)
            self._go_to(number, sum(1 for row in rows if row <= start) - 1)
            return
        self._go_to(number)
        column, width = cells(text[:start]), self.sheet.text_width
        if not self.scroll_offset.x <= column < self.scroll_offset.x + width - 1:
            self.scroll_to(x=max(0, column - width // 3), animate=False, force=True)

    def action_pattern(self, kind: str) -> None:
        """Type a pattern."""
        self._asks(PatternKind[kind])

    def action_match(self, step: int) -> None:
        """The next line found below or above, going round at the ends."""
        self.lines_added()
        seen = self.shown_numbers()
        if self.sheet.search is None:
            self.action_pattern(PatternKind.SEARCH.name)
        elif seen is not None:
            outside = seen[0] - 1 if step > 0 else seen[1] + 1
            start = outside if self.cursor.number is None else self.cursor.number
            found = self.sheet.match_from(start, step)
            if found is not None:
                self._go_to_match(found)

    def action_pause(self) -> None:
        """Stand still, whatever comes; or go on at the end."""
        if self.sheet.paused:
            self.follow()
        else:
            self.lines_added()
            self.stand()
            self.sheet.pause()
            self.post_message(self.Moved())

    def action_end(self) -> None:
        """To the end, and follow."""
        self.lines_added()
        self.follow()

    def action_top(self) -> None:
        """To the first line."""
        self.lines_added()
        if self.sheet.count:
            self.place(0)
            self._go_to(self.sheet.number_at(0))

    def action_move(self, lines: int) -> None:
        """Move the cursor; down from the last line is to follow."""
        self.lines_added()
        if not self._cursor_is_seen():
            self._put_cursor(lines)
            return
        number = self.cursor.moved(lines)
        if number is not None:
            rows = self.sheet.rows_of(number)
            self._go_to(number, rows - 1 if lines > 0 and rows <= self.size.height else 0)
        elif lines > 0 and self.cursor.anchor is None and not self.sheet.paused:
            self.follow()

    def _cursor_is_seen(self) -> bool:
        seen, number = self.shown_numbers(), self.cursor.number
        return seen is not None and number is not None and seen[0] <= number <= seen[1]

    def _put_cursor(self, lines: int) -> None:
        """The cursor begins at the end that is followed, else where the eye comes from."""
        seen = self.shown_numbers()
        if seen is not None:
            self._go_to(seen[0] if lines > 0 and not self.following else seen[1])

    def action_extend(self, lines: int) -> None:
        """Select lines from the cursor on."""
        if self.cursor.number is None:
            self._put_cursor(lines)
            self.cursor.select()
            return
        if self.cursor.anchor is None:
            self.cursor.select()
        self.action_move(lines)

    def action_select(self) -> None:
        """Begin to select lines, or no longer have any selected."""
        if self.cursor.anchor is not None:
            self.cursor.unselect()
        else:
            if self.cursor.number is None:
                self._put_cursor(-1)
            self.cursor.select()
        self.refresh()
        self.post_message(self.Moved())

    def action_page(self, pages: float) -> None:
        """Scroll by screens; the cursor stays where it is on the screen."""
        self.lines_added()
        height, cursor = max(1, self.size.height), self.cursor.number
        y = 0 if cursor is None else self.sheet.row_of(cursor) - self.scroll_offset.y
        self.scroll_to(y=self.scroll_offset.y + round(pages * max(1, height - 1)), animate=False, force=True)
        if self.cursor.number is not None and self.sheet.total:
            row = self.scroll_offset.y + min(max(y, 0), height - 1)
            self.cursor.put(self.sheet.spot_at(min(row, self.sheet.total - 1)).number)
            self.refresh()

    def action_sideways(self, steps: int) -> None:
        """Scroll lines that are not wrapped to the left or right."""
        if not self.sheet.wrapped:
            self.scroll_to(x=self.scroll_offset.x + steps * _SIDEWAYS, animate=False, force=True)
            self.post_message(self.Moved())

    def action_wrap(self) -> None:
        """Wrap long lines, or leave them on one row."""
        self.scroll_to(x=0, animate=False, force=True)
        self.relay(lambda: self.sheet.set_wrapped(wrapped=not self.sheet.wrapped))

    def action_times(self) -> None:
        """Say when each line was written, or do not."""
        self.relay(lambda: self.sheet.set_times(times=not self.sheet.times))

    def action_clear(self) -> None:
        """Undo the last of: selected lines, the search, the filters."""
        wanted = self.sheet.filter
        if self.cursor.anchor is not None:
            self.cursor.unselect()
            self.refresh()
            self.post_message(self.Moved())
        elif self.sheet.search is not None:
            self.use_pattern(PatternKind.SEARCH, None)
        elif wanted.by_text:
            self.relay(lambda: self.sheet.filter_by(LogFilter(wanted.scope)))
        else:
            raise SkipAction

    def action_copy(self) -> None:
        """Ask for the selected text to be copied, else the selected lines, else the cursor's line."""
        self.lines_added()
        text = self._wanted_text()
        if text:
            self.post_message(self.CopyRequested(text))
        self.cursor.unselect()
        self.refresh()

    def _wanted_text(self) -> str:
        if self.text_selection is not None:
            selected = self.get_selection(self.text_selection)
            return selected[0] if selected else ""
        if self.cursor.selected is not None:
            numbers = self.sheet.between(*self.cursor.selected)
            if len(numbers) > 1 and self.sheet.look.heads_copied:
                return "\n".join(self.line_text(number).rstrip() for number in numbers)
            return "\n".join(self._copied(number) for number in numbers)
        seen = self.shown_numbers()
        if seen is None:
            return ""
        return self._copied(seen[1] if self.cursor.number is None else self.cursor.number)

    def _copied(self, number: int) -> str:
        return self.sheet.look.copied(self.sheet.entry(number))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; a second click selects the line's text. While the end is followed one click
        is not meant for a line: it brings the focus."""
        row = event.y + self.scroll_offset.y
        if row >= self.sheet.total:
            return
        number = self.sheet.spot_at(row).number
        if event.chain > 1:
            event.prevent_default()
            self.lines_added()
            line = self.line_text(number)
            start = len(line) - len(self.sheet.entry(number).text)
            self.screen.selections = {self: Selection(Offset(start, number), Offset(len(line), number))}
        elif not self.following:
            self._go_to(number)
