"""Whether to do something, told what will happen."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.hanging import Fact, Facts
from backstaff.events.inert import inert

_YES, _NO = "y", "n"


class Confirm(Dialog[bool]):
    """Asks before something is done; the result is whether to do it.

    `what_happens` are sentences, and facts where each is about somebody or something. `verb` is on the
    button that does it (`Cancel the run`), `stay` on the other one. What is destructive has to be chosen
    on purpose: the focus is then on `stay`. `again` are keys that say yes beside the usual ones, such as the
    one that has brought the dialog up."""

    def __init__(
        self,
        title: str,
        what_happens: Sequence[str | Fact],
        verb: str,
        *,
        destructive: bool = False,
        stay: str = "Go back",
        again: tuple[str, ...] = (),
        hint: str = "",
    ) -> None:
        do_key = _letter(verb, _YES + _NO)
        stay_key = _letter(stay, _YES + _NO + do_key)
        do = Choice(verb, do_key, result=True, also=(_YES, *again), destructive=destructive)
        leave = Choice(stay, stay_key, result=False, also=(_NO,))
        start = 1 if destructive else 0
        super().__init__(title, sayings(what_happens), [do, leave], start=start, escape=1, hint=hint)


def sayings(what: Sequence[str | Fact]) -> Iterator[Widget]:
    """Sentences as paragraphs, facts that follow each other as one table, with space between the two."""
    for place, (is_text, parts) in enumerate(groupby(what, key=lambda part: isinstance(part, str))):
        if is_text:
            text = "\n".join(inert(str(part)) for part in parts)
            yield Static(Content(text), markup=False, classes="-apart" if place else "")
        else:
            yield Facts(part for part in parts if isinstance(part, Fact))


def _letter(label: str, taken: str) -> str:
    """The first letter of a label that no other answer has."""
    return next((letter for letter in label.lower() if letter.isalpha() and letter not in taken), taken[0])
