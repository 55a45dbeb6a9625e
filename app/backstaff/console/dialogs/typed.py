"""A question that is answered by typing: a time, a pattern."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.dialog import Dialog

Check = Callable[[str], str]
"""What is wrong with a text; empty if it can be used."""


class Typed(Dialog[str]):
    """Asks for a text; the result is empty if the operator goes back.

    What is wrong with it is said at once, and keeps it from being entered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # The field has no use for these, and a dialog of one field has nothing to scroll.
        Binding("up,down,pageup,pagedown", "nothing", show=False),
    ]
    DEFAULT_CSS = """
    Typed {
        Input { width: 100%; background: $panel; }
        #flaw { height: 1; color: $error; }
        #sample { color: $text-muted; }
    }
    """

    def __init__(self, title: str, verb: str, *, sample: str, check: Check, text: str = "") -> None:
        self._field = Input(text, compact=True, select_on_focus=True)
        self._flaw = Static(id="flaw", markup=False)
        self._check = check
        body = [Static(Content(sample), id="sample", markup=False), self._field, self._flaw]
        choices = [Choice(verb, verb[0].lower(), ""), Choice("Back", "b", "")]
        super().__init__(title, body, choices, start=0, escape=1)

    def first(self) -> Widget:
        """What is typed goes into the field from the first key on."""
        return self._field

    def on_input_changed(self, message: Input.Changed) -> None:
        """Say at once what is wrong."""
        message.stop()
        self._flaw.update(self._check(message.value) if message.value else "")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Hand over what can be used."""
        message.stop()
        self._enter()

    def _choose(self, place: int) -> None:
        if place == 0:
            self._enter()
        else:
            super()._choose(place)

    def _enter(self) -> None:
        flaw = self._check(self._field.value)
        self._flaw.update(flaw)
        if flaw:
            self._field.focus()
        elif not self._answered:
            self._answered = True
            self.dismiss(self._field.value)

    def action_nothing(self) -> None:
        """A key that means nothing here."""
