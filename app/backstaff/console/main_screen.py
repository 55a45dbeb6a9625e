"""The main screen: the run, its barriers, every role on every host, and why the selected one waits."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, TabbedContent, TabPane

from backstaff.console.barrier_strip import barrier_lines
from backstaff.console.commands_view import CommandsView
from backstaff.console.events_view import EventsView
from backstaff.console.footer import KeysFooter
from backstaff.console.line_store import Scope
from backstaff.console.log_view import LogView
from backstaff.console.matrix import Matrix
from backstaff.console.phase_bar import phase_line
from backstaff.console.progress_strip import progress_lines
from backstaff.console.run_header import header_line
from backstaff.console.run_state import RunState
from backstaff.console.shown import Shown
from backstaff.console.subject import Subject
from backstaff.console.summary_text import summary_lines
from backstaff.console.why_panel import WhyPanel
from backstaff.console.why_text import heading_of, sentence_lines, why_lines

WIDTHS: list[tuple[int, str]] = [(0, "-slim"), (72, "-normal"), (106, "-wide")]
HEIGHTS: list[tuple[int, str]] = [(0, "-short"), (20, "-medium"), (34, "-tall")]
"""From so many cells on a class is set, by which the style sheet chooses the layout."""
STRIPS = ("header", "phases", "progress", "barriers", "sentence")


class MainScreen(Screen[None]):
    """Shows a `RunState`. It knows nothing of where the run comes from."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "app.act('cancel')", "Cancel", show=False, priority=True),
        Binding("slash", "filter", "Filter", id="hosts.filter"),
        Binding("f", "follow", "Most urgent", id="view.follow"),
        Binding("z", "zoom", "Zoom", id="view.zoom"),
        Binding("escape", "back", "Back", id="view.back", show=False),
        Binding("1", "tab('why')", "Why", id="tab.why", show=False),
        Binding("2", "tab('logs')", "Logs", id="tab.logs", show=False),
        Binding("3", "tab('commands')", "Commands", id="tab.commands", show=False),
        Binding("4", "tab('events')", "Events", id="tab.events", show=False),
    ]

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self._state = state
        self._scope = Scope()
        self._strips = {name: Shown(id=name) for name in STRIPS}
        self._filter = Input(id="filter", placeholder="host, role, state or version", compact=True)
        self._matrix = Matrix(id="matrix")
        self._why = WhyPanel(id="why-panel")
        self._logs = LogView(state.logs, id="logs-view")
        self._commands = CommandsView(state.commands, id="commands-view")
        self._events = EventsView(state.events, id="events-view")
        self._output = LogView(state.logs, id="output-view")
        self._detail = Vertical(id="detail", classes="panel")

    def compose(self) -> ComposeResult:
        """From top to bottom in the order of importance."""
        yield from self._strips.values()
        with Container(id="body"):
            with Vertical(id="hosts", classes="panel") as hosts:
                hosts.border_title = "hosts"
                yield self._filter
                yield self._matrix
            with self._detail, TabbedContent(id="tabs"):
                with TabPane("Why", id="why"):
                    yield self._why
                with TabPane("Logs", id="logs"):
                    yield self._logs
                with TabPane("Commands", id="commands"):
                    yield self._commands
                with TabPane("Events", id="events"):
                    yield self._events
        with Vertical(id="output", classes="panel") as output:
            output.border_title = "output of all"
            yield self._output
        yield KeysFooter()

    def on_mount(self) -> None:
        """The table has the focus: it moves everything else."""
        self._matrix.focus()

    def show(self, state: RunState) -> None:
        """Draw the run as it is now."""
        if state is not self._state:
            self._change_run(state)
        board, now_t, width = state.board, state.now_t(), self.size.width - 2
        lines = {
            "header": [header_line(board, state.info, now_t, width)],
            "phases": [phase_line(board, now_t, width)],
            "progress": progress_lines(board, width),
            "barriers": barrier_lines(board, now_t, width),
            "sentence": sentence_lines(board, state.subject, now_t, width),
        }
        for name, strip in self._strips.items():
            strip.show(Content("\n").join(lines[name]))
        self._matrix.update_from(board, now_t, state.subject, state.changes)
        self._show_why(state, now_t)
        self._show_lines(state)

    def _change_run(self, state: RunState) -> None:
        self._state = state
        self._logs.use(state.logs)
        self._output.use(state.logs)
        self._commands.use(state.commands)
        self._events.use(state.events)

    def _show_why(self, state: RunState, now_t: float) -> None:
        board, subject = state.board, state.subject
        done = board.result is not None and board.failure is None and not subject.host
        self._detail.border_title = "summary" if done else heading_of(board, subject)
        if done:
            self._why.show(lambda width: summary_lines(board, width))
        else:
            self._why.show(lambda width: why_lines(board, subject, now_t, width))

    def _show_lines(self, state: RunState) -> None:
        """What belongs to the selected cell in the tabs, everything in the pane below."""
        scope = Scope(state.subject.host, state.subject.role)
        for view in (self._logs, self._commands, self._events):
            if scope != self._scope:
                view.show(scope)
            view.lines_added()
        self._scope = scope
        self._output.lines_added()

    def on_matrix_selected(self, message: Matrix.Selected) -> None:
        """The operator moved: look where they look."""
        self._look_at(message.subject)

    def on_matrix_opened(self, message: Matrix.Opened) -> None:
        """Enter: see all about the cell, in full where there is room for one panel only."""
        self._look_at(message.subject)
        self.add_class("-looking")
        self._why.focus()

    def _look_at(self, subject: Subject) -> None:
        self._state.look_at(subject)
        self.show(self._state)

    def action_follow(self) -> None:
        """Look at what is most urgent again, now and from now on."""
        self._state.follow()
        self.show(self._state)

    def action_tab(self, name: str) -> None:
        """Another side of the selected cell."""
        self.query_one(TabbedContent).active = name
        if self.has_class("-short") or self.has_class("-slim"):
            self.add_class("-looking")
        self.query_one("#why-panel" if name == "why" else f"#{name}-view").focus()

    def action_filter(self) -> None:
        """Show only some hosts."""
        field = self._filter
        field.display = True
        field.focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter while the operator types."""
        self._matrix.pattern = message.value

    def on_input_submitted(self) -> None:
        """Keep the filter and go back to the table."""
        field = self._filter
        field.display = bool(field.value)
        self._matrix.focus()

    def action_zoom(self) -> None:
        """Give the focused panel the whole screen, or take it back."""
        if self.has_class("-zoomed"):
            self._unzoom()
            return
        focused = self.focused
        panel = (
            next((each for each in focused.ancestors_with_self if each.has_class("panel")), None)
            if focused
            else None
        )
        if panel is not None:
            panel.add_class("-in-zoom")
            self.add_class("-zoomed")

    def _unzoom(self) -> None:
        self.remove_class("-zoomed")
        for panel in self.query(".-in-zoom"):
            panel.remove_class("-in-zoom")

    def action_back(self) -> None:
        """Undo the last of: filter, zoom, looking at one cell in full."""
        field = self._filter
        if field.display:
            field.value = ""
            field.display = False
        elif self.has_class("-zoomed"):
            self._unzoom()
        self.remove_class("-looking")
        self._matrix.focus()
