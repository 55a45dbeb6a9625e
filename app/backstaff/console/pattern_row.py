"""The row in which a pattern is typed."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from backstaff.console.line_keys import PatternKind
from backstaff.console.log_filter import BadPattern, Pattern, parse_pattern

_PROMPTS = {
    PatternKind.SEARCH: "search /",
    PatternKind.INCLUDE: "only &",
    PatternKind.EXCLUDE: "without !",
}


class PatternRow(Horizontal):
    """Takes a pattern; one that can not be used says why and stays to be mended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="pattern.leave", show=False),
    ]
    DEFAULT_CSS = """
    PatternRow {
        height: 1;
        display: none;
        & > #prompt { width: auto; padding: 0 0 0 1; text-style: bold; }
        & > Input { width: 1fr; min-width: 12; }
        & > #flaw {
            width: auto;
            max-width: 60%;
            padding: 0 1;
            color: $error;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
    }
    """

    class Entered(Message):
        """A pattern was typed; None is to do without."""

        def __init__(self, kind: PatternKind, pattern: Pattern | None) -> None:
            super().__init__()
            self.kind = kind
            """What it is for."""
            self.pattern = pattern
            """The pattern."""

    class Left(Message):
        """The operator does not want to type a pattern after all."""

    def __init__(self) -> None:
        super().__init__()
        self._kind = PatternKind.SEARCH

    def compose(self) -> ComposeResult:
        """What it is for, the pattern, and what is wrong with it."""
        yield Static(id="prompt", markup=False)
        yield Input(compact=True)
        yield Static(id="flaw", markup=False)

    def open(self, kind: PatternKind, pattern: Pattern | None) -> None:
        """Ask for a pattern, beginning with the one in use."""
        self._kind = kind
        self.display = True
        self.query_one("#prompt", Static).update(_PROMPTS[kind])
        self.query_one("#flaw", Static).update("")
        field = self.query_one(Input)
        field.value = pattern.text if pattern else ""
        # Not `focus`, which waits for its turn: the next key is for the pattern already.
        self.screen.set_focus(field)

    def close(self) -> None:
        """Out of sight."""
        self.display = False

    def on_input_changed(self, message: Input.Changed) -> None:
        """Say at once what is wrong."""
        message.stop()
        self._say_flaw(parse_pattern(message.value))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Hand over what can be used."""
        message.stop()
        pattern = parse_pattern(message.value)
        if isinstance(pattern, BadPattern):
            self._say_flaw(pattern)
        else:
            self.post_message(self.Entered(self._kind, pattern if message.value else None))

    def _say_flaw(self, pattern: Pattern | BadPattern) -> None:
        self.query_one("#flaw", Static).update(pattern.why if isinstance(pattern, BadPattern) else "")

    def action_leave(self) -> None:
        """Close without a change."""
        self.post_message(self.Left())
