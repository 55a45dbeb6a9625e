"""A page of text of which only those lines are drawn again that changed."""

from collections.abc import Hashable, Sequence
from itertools import zip_longest

from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

MOST_STRIPS = 500
"""How many drawn lines are kept."""
_NOTHING = Content("")


class Page(Widget):
    """Shows lines one below the other. It is never lower than the room that it is given, so that the screen
    has to be laid out anew only for a page that is longer."""

    DEFAULT_CSS = "Page { height: auto; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[Content] = []
        self._room = 0
        self._strips: LRUCache[tuple[Hashable, ...], Strip] = LRUCache(MOST_STRIPS)

    @property
    def plain(self) -> str:
        """The text without its styles."""
        return "\n".join(line.plain for line in self._lines)

    def show(self, lines: Sequence[Content], width: int, room: int) -> None:
        """Replace what is shown. There is room for `room` rows without scrolling; lines of more than `width`
        cells are wrapped."""
        before, height = self._lines, self._height
        self._lines = [row for line in lines for row in _rows(line, width)]
        self._room = room
        if self._height != height:
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip_longest(before, self._lines, fillvalue=_NOTHING)):
            if not new.is_same(old):
                self.refresh(Region(0, y, self.size.width, 1))

    @property
    def _height(self) -> int:
        return max(self._room, len(self._lines))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A row for each line, and the room that is left."""
        return self._height

    def render(self) -> Content:
        """All of it, as it can be selected."""
        return Content("\n").join(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line; while text is selected they are drawn together."""
        if self.text_selection is not None:
            return super().render_line(y)
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.visual_style.rich_style)
        line = self._lines[y]
        key = (y, self.size.width, line.plain, tuple(line.spans))
        strip = self._strips.get(key)
        if strip is None:
            drawn = Visual.to_strips(self, line, self.size.width, 1, self.visual_style)
            strip = self._strips[key] = drawn[0].apply_offsets(0, y)
        return strip

    def notify_style_update(self) -> None:
        """The theme or the focus changed: everything looks different."""
        self._strips.clear()
        super().notify_style_update()


def _rows(line: Content, width: int) -> Sequence[Content]:
    return line.wrap(width) if line.cell_length > width else (line,)
