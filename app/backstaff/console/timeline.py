"""The timeline of a run that is replayed: one line on small screens, more where there is room."""

from dataclasses import replace

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from backstaff.console.timeline_text import Course, phases_line, t_at, thinned, track_line, words_line
from backstaff.replay.marks import Mark


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
        self._thinned: tuple[Course, int, tuple[Mark, ...]] | None = None
        """The marks that are seen of a course at a width."""
        self._counts: tuple[Course, int, Content] | None = None
        """What is said of a course where nothing is at the place."""

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
        course = replace(self._course, marks=self._seen(self._course, width))
        lines = [track_line(course, width)]
        if height >= 2:
            lines.insert(0, phases_line(course, width))
        if height >= 3:
            lines.append(self._words(self._course, width))
        return tuple(lines)

    def _seen(self, course: Course, width: int) -> tuple[Mark, ...]:
        known = self._thinned
        if known is None or known[1] != width or not _same_scale(known[0], course):
            known = self._thinned = course, width, thinned(course, width)
        return known[2]

    def _words(self, course: Course, width: int) -> Content:
        if course.words:
            return words_line(course, width)
        known = self._counts
        if known is None or known[1] != width or known[0].marks is not course.marks:
            known = self._counts = course, width, words_line(course, width)
        return known[2]

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


def _same_scale(one: Course, other: Course) -> bool:
    return one.marks is other.marks and (one.length_t, one.known_t) == (other.length_t, other.known_t)
