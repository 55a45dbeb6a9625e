"""The main screen: the run, its barriers, every role on every host, and why the selected one waits."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TabbedContent, TabPane

from backstaff.console.barrier_strip import barrier_lines
from backstaff.console.commands_view import CommandsView
from backstaff.console.events_view import EventsView
from backstaff.console.filter_field import FilterField
from backstaff.console.footer import KeysFooter
from backstaff.console.line_keys import PatternKind
from backstaff.console.line_store import Scope
from backstaff.console.line_view import LineView
from backstaff.console.log_filter import Pattern
from backstaff.console.log_view import LogView
from backstaff.console.matrix import Matrix
from backstaff.console.panel import Panel
from backstaff.console.phase_bar import phase_line
from backstaff.console.progress_strip import progress_lines
from backstaff.console.run_header import header_line
from backstaff.console.run_state import RunState
from backstaff.console.shown import Shown
from backstaff.console.subject import Subject
from backstaff.console.summary_text import summary_lines
from backstaff.console.unread_text import unread_barriers, unread_sentence, unread_why
from backstaff.console.why_panel import WhyPanel
from backstaff.console.why_text import heading_of, sentence_lines, why_lines

WIDTHS: list[tuple[int, str]] = [(0, "-slim"), (72, "-normal"), (106, "-wide")]
HEIGHTS: list[tuple[int, str]] = [(0, "-short"), (20, "-medium"), (34, "-tall")]
"""From so many cells on a class is set, by which the style sheet chooses the layout."""
STRIPS = ("trouble", "header", "phases", "progress", "barriers", "sentence")


class MainScreen(Screen[None]):
    """Shows a `RunState`. It knows nothing of where the run comes from."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: keys that come right behind it are for the field then, not for the table.
        Binding("slash", "filter", "Filter", id="hosts.filter", priority=True),
        Binding("f", "follow", "Most urgent", id="view.follow"),
        Binding(
            "a", "everything", "All lines", id="view.all", tooltip="The lines of all, or of the selected"
        ),
        Binding("z", "zoom", "Zoom", id="view.zoom"),
        Binding("escape", "back", "Back", id="view.back", show=False),
        Binding("1", "tab('why')", "Why", id="tab.why", show=False),
        Binding("2", "tab('logs')", "Logs", id="tab.logs", show=False),
        Binding("3", "tab('commands')", "Commands", id="tab.commands", show=False),
        Binding("4", "tab('events')", "Events", id="tab.events", show=False),
    ]

    def __init__(self, state: RunState, timeline: Widget | None = None, keys: Sequence[str] = ()) -> None:
        """`timeline` stands at the bottom and tells of the phases; `keys` are the bindings that the footer
        shows first."""
        super().__init__(classes="-past" if timeline else "")
        self._state = state
        self._timeline = timeline
        self._first_keys = tuple(keys)
        self._scope = Scope()
        self._all = False
        self._hosts = Panel(id="hosts")
        self._strips = {name: Shown(id=name) for name in STRIPS}
        self._filter = FilterField(id="filter")
        self._matrix = Matrix(selected=self._look_at, opened=self._open, id="matrix")
        self._why = WhyPanel(id="why-panel")
        self._logs = LogView(state.logs, id="logs-view")
        self._commands = CommandsView(state.commands, id="commands-view")
        self._events = EventsView(state.events, id="events-view")
        self._events_shown = state.events
        self._output = LogView(state.logs, id="output-view")
        self._detail = Panel(id="detail")
        self._outputs = Panel(id="output")
        self._outputs.entitle("output of all")

    def compose(self) -> ComposeResult:
        """From top to bottom in the order of importance."""
        yield from self._strips.values()
        with Container(id="body"):
            with self._hosts:
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
        with self._outputs:
            yield self._output
        if self._timeline is not None:
            yield self._timeline
        yield KeysFooter(self._first_keys)

    def on_mount(self) -> None:
        """The table has the focus: it moves everything else."""
        self._matrix.focus()

    def show(self, state: RunState) -> None:
        """Draw the run as it is now."""
        if state is not self._state:
            self._change_run(state)
        elif state.events is not self._events_shown:
            self._use_events(state)
        board, now_t, width = state.board, state.now_t(), self.size.width - 2
        self._hosts.entitle("hosts, looking at the most urgent" if state.follows else "hosts")
        unread, trouble = state.info.unread, state.trouble or state.shortfall
        lines = {
            "trouble": [Content.styled(trouble, "bold $error")] if trouble else [],
            "header": [header_line(board, state.info, now_t, width)],
            "phases": [phase_line(board, now_t, width, unread=unread)],
            "progress": [] if unread else progress_lines(board, width),
            "barriers": unread_barriers(board, width) if unread else barrier_lines(board, now_t, width),
            "sentence": unread_sentence(board, state.subject, width)
            if unread
            else sentence_lines(board, state.subject, now_t, width),
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
        self._use_events(state)

    def _use_events(self, state: RunState) -> None:
        self._events_shown = state.events
        self._events.use(state.events)

    def _show_why(self, state: RunState, now_t: float) -> None:
        board, subject = state.board, state.subject
        if state.info.unread:
            self._detail.entitle(heading_of(board, subject))
            self._why.show(lambda width: unread_why(board, subject, width))
            return
        done = board.result is not None and board.failure is None and not subject.host
        self._detail.entitle("summary" if done else heading_of(board, subject))
        if done:
            self._why.show(lambda width: summary_lines(board, width))
        else:
            self._why.show(lambda width: why_lines(board, subject, now_t, width))

    def _show_lines(self, state: RunState) -> None:
        """What belongs to the selected cell in the tabs, everything in the pane below."""
        scope = Scope() if self._all else Scope(state.subject.host, state.subject.role)
        for view in (self._logs, self._commands, self._events):
            if scope != self._scope:
                view.show(scope)
        self._scope = scope
        for view in (self._logs, self._commands, self._events, self._output):
            if view.region:
                view.lines_added(state.feed.left_out if view in {self._logs, self._output} else 0)

    @property
    def at_tail(self) -> bool:
        """Whether all lines are shown up to their end, and the operator looks at none before it."""
        views = (self._logs.lines, self._commands.lines, self._events.lines, self._output.lines)
        return all(view.following and not view.sheet.paused for view in views)

    def on_tabbed_content_tab_activated(self) -> None:
        """A view that was out of sight has lines to catch up with."""
        self.call_after_refresh(self._show_again)

    def _show_again(self) -> None:
        self.show(self._state)

    def on_resize(self) -> None:
        """Lay everything out anew; what had the focus may be out of sight now."""
        if self._matrix.is_mounted:
            self.show(self._state)
            self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        if self.focused is None or not self.focused.region:
            self._give_focus(self._matrix)

    def _open(self, subject: Subject) -> None:
        """See all about a cell, in full where there is room for one panel only."""
        self._look_at(subject)
        self._give_focus(self._why)

    def _look_at(self, subject: Subject) -> None:
        self._state.look_at(subject)
        self.show(self._state)

    def _give_focus(self, widget: Widget) -> None:
        """Bring a widget into sight and give it the keys, from the next one on."""
        panel = self._panel_of(widget)
        if self.has_class("-zoomed") and panel is not None and not panel.has_class("-in-zoom"):
            self._unzoom()
        self.set_class(panel is self._detail, "-looking")
        self.set_focus(widget)

    def _panel_of(self, widget: Widget) -> Widget | None:
        panels = (each for each in widget.ancestors_with_self if isinstance(each, Widget))
        return next((each for each in panels if each.has_class("panel")), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Lines have a search of their own under the key of the filter, and in a field it is typed."""
        if action == "filter" and isinstance(self.focused, LineView | Input):
            return False
        return super().check_action(action, parameters)

    def action_everything(self) -> None:
        """The lines of everything in the tabs, or those of the selected cell again."""
        self._all = not self._all
        tabs = self.query_one(TabbedContent)
        if self._all and tabs.active == "why":
            self.action_tab("logs")
        self.show(self._state)

    def action_follow(self) -> None:
        """Look at what is most urgent again, now and from now on."""
        self._state.follow()
        self.show(self._state)

    def action_tab(self, name: str) -> None:
        """Another side of the selected cell."""
        self.query_one(TabbedContent).active = name
        sides = {"why": self._why, "logs": self._logs.lines, "commands": self._commands.lines}
        self._give_focus(sides.get(name, self._events.lines))

    def show_found(self, pattern: Pattern) -> None:
        """Show the end of all output, where a line is that matches."""
        self._all = True
        self.show(self._state)
        self.action_tab("logs")
        self._logs.lines.use_pattern(PatternKind.SEARCH, pattern)

    def action_filter(self) -> None:
        """Show only some hosts."""
        self._filter.display = True
        self._give_focus(self._filter)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter while the operator types."""
        self._matrix.pattern = message.value

    def on_input_submitted(self) -> None:
        """Keep the filter and go back to the table."""
        self._filter.display = bool(self._filter.value)
        self._give_focus(self._matrix)

    def action_zoom(self) -> None:
        """Give the focused panel the whole screen, or take it back."""
        if self.has_class("-zoomed"):
            self._unzoom()
            return
        panel = self._panel_of(self.focused) if self.focused is not None else None
        if panel is not None:
            panel.add_class("-in-zoom")
            self.add_class("-zoomed")

    def _unzoom(self) -> None:
        self.remove_class("-zoomed")
        for panel in self.query(".-in-zoom"):
            panel.remove_class("-in-zoom")

    def action_back(self) -> None:
        """Undo the last of: filter, zoom, looking at one cell in full."""
        if self._filter.display:
            self._filter.value = ""
            self._filter.display = False
        elif self.has_class("-zoomed"):
            self._unzoom()
        self._give_focus(self._matrix)
