"""Text that is drawn again only when it has changed."""

from textual.content import Content
from textual.widget import Widget


class Shown(Widget):
    """Shows one piece of content. Telling it the same again costs nothing and writes nothing."""

    DEFAULT_CSS = "Shown { height: auto; width: 1fr; } Shown.-empty { display: none; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._content = Content("")
        self.add_class("-empty")

    def show(self, content: Content) -> None:
        """Replace what is shown; nothing at all takes no room."""
        if content.is_same(self._content):
            return
        taller = content.plain.count("\n") != self._content.plain.count("\n")
        emptied = bool(content.plain) != bool(self._content.plain)
        self._content = content
        self.set_class(not content.plain, "-empty")
        self.refresh(layout=taller or emptied)

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return self._content.plain

    def render(self) -> Content:
        """What is shown."""
        return self._content
