"""The answers of a dialog: buttons in a row, each with a letter of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

T = TypeVar("T")


@dataclass(frozen=True)
class Choice(Generic[T]):
    """One answer. `key` is a letter of its label; `also` are further keys, `destructive` shows as such."""

    label: str
    key: str
    result: T
    also: tuple[str, ...] = ()
    destructive: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that give this answer."""
        return (self.key, *self.also)

    @property
    def caption(self) -> Content:
        """The label with its letter underlined."""
        place = self.label.lower().find(self.key)
        if place < 0:
            return Content(self.label)
        before, letter, after = self.label[:place], self.label[place], self.label[place + 1 :]
        return Content.assemble(before, (letter, "underline"), after)


class ChoiceButton(Widget, can_focus=True):
    """One answer to press."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", "Choose", show=False)]

    DEFAULT_CSS = """
    ChoiceButton {
        width: auto;
        height: auto;
        padding: 0 2;
        margin-left: 2;
        background: $panel;
        color: $foreground;
        pointer: pointer;
        &.-destructive {
            color: $error;
        }
        &:hover {
            text-style: bold;
        }
        &:focus {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
        &.-destructive:focus {
            background: $error;
        }
    }
    """

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place
            """Which of the choices it is, from 0."""

    def __init__(self, caption: Content, place: int, *, destructive: bool) -> None:
        super().__init__(classes="-destructive" if destructive else "")
        self._caption = caption
        self._place = place

    def render(self) -> Content:
        """The caption."""
        return self._caption

    def on_click(self) -> None:
        """A click is a choice."""
        self.action_press()

    def action_press(self) -> None:
        """Choose this."""
        self.post_message(self.Pressed(self._place))


class ChoiceRow(Horizontal):
    """The buttons of a dialog."""

    DEFAULT_CSS = """
    ChoiceRow {
        height: auto;
        align-horizontal: right;
    }
    """

    def __init__(self, choices: Sequence[Choice[T]]) -> None:
        super().__init__(
            *(
                ChoiceButton(choice.caption, place, destructive=choice.destructive)
                for place, choice in enumerate(choices)
            )
        )
