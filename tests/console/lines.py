"""Lines to be shown, an app that shows them, and what can then be read on its screen."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input

from backstaff.console.line_panel import LinePanel
from backstaff.console.line_store import Entry, LineStore, LogEntry
from backstaff.console.line_view import LineView
from backstaff.console.log_view import LogView
from backstaff.console.shown import Shown

START = datetime(2026, 11, 23, 12, 4, 0, tzinfo=UTC)
SIZES = [(120, 40), (80, 24), (60, 15)]
SMALL = (60, 10)
"""Eight rows of lines, and below them the status."""

E = TypeVar("E", bound=Entry)


def a_line(
    text: str, t: float = 0.0, host: str = "h1", role: str = "web", source: str = "container", name: str = ""
) -> LogEntry:
    at = START + timedelta(seconds=t)
    return LogEntry(at_t=t, at=at, host=host, role=role, source=source, name=name, text=text)


def numbered(count: int, start: int = 0, host: str = "h1", role: str = "web") -> list[LogEntry]:
    return [a_line(f"line {number}", number, host, role) for number in range(start, start + count)]


def a_store(*entries: LogEntry, most_lines: int = 200_000) -> LineStore[LogEntry]:
    store: LineStore[LogEntry] = LineStore(most_lines)
    store.extend(entries)
    return store


class Showing(App[None]):
    """Nothing but a panel of lines."""

    def __init__(self, panel: LinePanel[E]) -> None:
        super().__init__()
        self.panel = panel
        self.copied: list[str] = []
        self.escaped = 0
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_mount(self) -> None:
        self.panel.focus()

    def key_escape(self) -> None:
        self.escaped += 1

    def on_input_changed(self, message: Input.Changed) -> None:
        self.heard.append(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        self.heard.append(message.value)

    @on(LineView.CopyRequested)
    def note(self, message: LineView.CopyRequested) -> None:
        self.copied.append(message.text)


def a_log(*entries: LogEntry, most_lines: int = 200_000) -> tuple[Showing, LogView, LineStore[LogEntry]]:
    store = a_store(*entries, most_lines=most_lines)
    view = LogView(store, zone=UTC)
    return Showing(view), view, store


def rows(panel: LinePanel[E]) -> list[str]:
    """What stands on the screen, row by row; the gutter included, blank ends not."""
    lines = panel.lines
    return [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]


def texts(panel: LinePanel[E]) -> list[str]:
    """The rows that are not blank, without the gutter."""
    return [row[1:] for row in rows(panel) if row]


def status(panel: LinePanel[E]) -> str:
    return panel.query_one(Shown).plain


async def typed(pilot: Pilot[None], key: str, pattern: str) -> None:
    """Open a row with a key, type a pattern in the place of what is there, and enter it."""
    await pilot.press(key, *(["backspace"] if not pattern else []), *pattern, "enter")
    await pilot.pause()


def bare(view: LogView) -> list[str]:
    """The texts on the screen of lines that all come from one origin, without their times."""
    return [row.removeprefix(row[:9]) for row in texts(view)]


async def settled(pilot: Pilot[None]) -> None:
    await pilot.pause()
