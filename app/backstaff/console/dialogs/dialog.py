"""What all dialogs share: a frame with a title, a body that scrolls, and a row of answers."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key, Resize
from textual.widget import Widget

from backstaff.console.dialogs.choices import Choice, ChoiceButton, ChoiceRow
from backstaff.console.dialogs.framed import Framed
from backstaff.events.inert import inert

T = TypeVar("T")


class Body(VerticalScroll, can_focus=False):
    """What a dialog says. The dialog scrolls it, so that tab goes from answer to answer."""

    DEFAULT_CSS = """
    Body {
        height: auto;
        width: 100%;
        scrollbar-size-vertical: 1;
    }
    """


class Dialog(Framed[T]):
    """A question with a few answers, dismissed with the result of the one that was chosen.

    `start` is the answer that has the focus first, `escape` the one that the escape key gives. The title
    may hold outside text; what the body shows has to be inert already."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "escape", "Back", show=False),
        Binding("left", "app.focus_previous", "Previous answer", show=False),
        Binding("right", "app.focus_next", "Next answer", show=False),
        Binding("up", "scroll_body(-1)", "Scroll up", show=False),
        Binding("down", "scroll_body(1)", "Scroll down", show=False),
        Binding("pageup", "page_body(-1)", "Page up", show=False),
        Binding("pagedown", "page_body(1)", "Page down", show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-wide")]  # noqa: RUF012 - typed by the base class

    DEFAULT_CSS = """
    Dialog {
        .frame {
            width: 76;
        }
        &.-narrow .frame {
            width: 100%;
        }
        /* Where there is little room, what is said in passing takes the bottom row only. */
        &.-narrow ToastRack {
            margin-bottom: 0;
        }
        &.-narrow Toast {
            max-width: 100%;
            margin-top: 0;
            padding: 0 1;
        }
        &.-tall ChoiceRow {
            margin-top: 1;
        }
        &.-tall .-apart {
            margin-top: 1;
        }
        &.-destructive .frame {
            border: round $error;
            border-title-color: $error;
        }
        &.-ascii.-destructive .frame {
            border: ascii $error;
        }
    }
    """

    def __init__(
        self,
        title: str,
        body: Iterable[Widget],
        choices: Sequence[Choice[T]],
        *,
        start: int,
        escape: int,
        hint: str = "",
    ) -> None:
        destructive = any(choice.destructive for choice in choices)
        super().__init__(classes="-destructive" if destructive else "")
        self._title = inert(title)
        self._body = tuple(body)
        self._choices = tuple(choices)
        self._start = start
        self._escape = escape
        self._hint = hint
        self._withdrawn = False
        self._answered = False

    def compose(self) -> ComposeResult:
        """The frame, with body and answers in it."""
        with Vertical(classes="frame") as frame:
            frame.border_title = Content(self._title)
            frame.border_subtitle = Content(self._hint) if self._hint else None
            yield Body(*self._body)
            yield ChoiceRow(self._choices)

    def on_mount(self) -> None:
        """The safe answer has the focus, or what is to be typed."""
        self.first().focus()

    def first(self) -> Widget:
        """What has the focus first."""
        return self.query(ChoiceButton)[self._start]

    def on_resize(self, event: Resize) -> None:
        """The answers are always in sight, the body gets what is left."""
        tall = event.size.height >= 20
        around = 6 if tall else 3
        self.query_one(Body).styles.max_height = max(1, event.size.height - around)

    def on_key(self, event: Key) -> None:
        """A letter is an answer."""
        if not self.hears or self.answer(event.key.lower()):
            event.stop()

    @property
    def hears(self) -> bool:
        """Whether keys do anything now. What the operator has asked for hears them at once."""
        return True

    def answer(self, key: str) -> bool:
        """Give the answer that a key stands for; whether there is one."""
        for place, choice in enumerate(self._choices):
            if key in choice.keys:
                self._choose(place)
                return True
        return False

    def on_choice_button_pressed(self, event: ChoiceButton.Pressed) -> None:
        """A button is an answer."""
        self._choose(event.place)

    def action_escape(self) -> None:
        """Give the answer that changes nothing."""
        self._choose(self._escape)

    def action_scroll_body(self, lines: int) -> None:
        """Scroll what the dialog says."""
        self.query_one(Body).scroll_relative(y=lines, animate=False)

    def action_page_body(self, pages: int) -> None:
        """Scroll what the dialog says by what is in sight."""
        body = self.query_one(Body)
        body.scroll_relative(y=pages * body.size.height, animate=False)

    def withdraw(self) -> None:
        """Nobody waits for the answer any more: close, or do so once what lies above is closed."""
        self._withdrawn = True
        self.call_later(self._close_if_withdrawn)

    def on_screen_resume(self) -> None:
        """What lay above is closed."""
        self._close_if_withdrawn()

    def _close_if_withdrawn(self) -> None:
        if self._withdrawn and self.is_active:
            self.action_escape()

    def _choose(self, place: int) -> None:
        if not self._answered:
            self._answered = True
            self.dismiss(self._choices[place].result)
