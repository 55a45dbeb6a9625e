"""The timeline of a run that is replayed: one line on small screens, more where there is room."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from backstaff.console.timeline_text import Course, phases_line, t_at, track_line, words_line


class Timeline(Widget):
    """Draws a course. A click on its track asks to go there."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Timeline {
        height: 1;
        padding: 0 1;
        background: $surface;
        pointer: pointer;
    }
    """

    class Sought(Message):
        """The operator wants to be at another time."""

        def __init__(self, t: float) -> None:
            super().__init__()
            self.t = t
            """Seconds into the run."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._course = Course()
        self._lines: tuple[Content, ...] = ()

    def update_from(self, course: Course) -> None:
        """Show another course, or the same as it is now; draws only what looks different."""
        self._course = course
        lines = self._drawn()
        same = len(lines) == len(self._lines) and all(map(Content.is_same, lines, self._lines))
        if not same:
            self._lines = lines
            self.refresh()

    def _drawn(self) -> tuple[Content, ...]:
        width, height = self.content_size
        if width <= 0:
            return ()
        lines = [track_line(self._course, width)]
        if height >= 2:
            lines.insert(0, phases_line(self._course, width))
        if height >= 3:
            lines.append(words_line(self._course, width))
        return tuple(lines)

    def on_resize(self) -> None:
        """Another width is another scale."""
        self._lines = ()
        self.update_from(self._course)

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._lines)

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        at = event.get_content_offset(self)
        t = t_at(self._course, at.x, self.content_size.width) if at is not None else None
        if t is not None:
            self.post_message(self.Sought(t))
