"""The panel that says why: a scrolling page of text about one subject."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from backstaff.console.page import Page

Lines = Callable[[int], list[Content]]
"""The lines for a width."""
LOW = 16
"""Where a panel has fewer rows than this, a page that does not fit goes without its blank lines."""
GAP = 1
"""Between the text and the scrollbar."""
UNWRAPPED = 100_000
"""A width at which no line is wrapped: a command that is copied has to stay in one piece."""


class WhyPanel(VerticalScroll, can_focus=True):
    """Shows a page, drawn anew only where it changed."""

    BINDING_GROUP_TITLE = "why"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", id="why.down", show=False),
        Binding("k", "scroll_up", "Up", id="why.up", show=False),
        Binding("g", "scroll_home", "Top", id="why.top", show=False),
        Binding("G", "scroll_end", "Bottom", id="why.bottom", show=False),
        Binding("y", "copy", "Copy", id="why.copy"),
    ]
    # The room of the scrollbar is kept free: where it came and went text would have to be wrapped anew.
    DEFAULT_CSS = "WhyPanel { padding: 0 1; scrollbar-gutter: stable; } "

    class CopyRequested(Message):
        """The operator wants the text of the page."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text
            """All of it with no line wrapped, or the part that is selected as it is shown."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._lines: Lines = lambda _: []
        self._page = Page()

    def compose(self) -> ComposeResult:
        """One piece of text."""
        yield self._page

    def show(self, lines: Lines) -> None:
        """Show another page, or the same as it is now."""
        self._lines = lines
        self._draw()

    def on_resize(self) -> None:
        """Wrap the text anew."""
        self._draw()

    def _draw(self) -> None:
        _, _, width, height = self.scrollable_content_region
        if width <= GAP:
            return
        lines = self._lines(width - GAP)
        if height < min(LOW, len(lines)):
            lines = [line for line in lines if line.plain]
        self._page.show(lines, width, height)

    def action_copy(self) -> None:
        """Ask for the text to be copied, its lines as long as they are."""
        selected = self.screen.get_selected_text()
        self.post_message(self.CopyRequested(selected or self._unwrapped()))

    def _unwrapped(self) -> str:
        return "\n".join(line.plain.rstrip() for line in self._lines(UNWRAPPED))
