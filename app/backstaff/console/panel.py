"""A part of the main screen, under a title."""

from textual.containers import Vertical
from textual.content import Content


class Panel(Vertical):
    """Holds what is shown in one place. To tell it its title again costs nothing, where Textual would draw
    all of it anew."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes="panel")
        self._titled = ""

    def entitle(self, title: str) -> None:
        """Show a title above it; text only, never markup."""
        if title != self._titled:
            self._titled = title
            self.border_title = Content(title)
