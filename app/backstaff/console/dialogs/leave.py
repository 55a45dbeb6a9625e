"""Whether to leave the console while the run goes on."""

from enum import StrEnum

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.confirm import sayings
from backstaff.console.dialogs.dialog import Dialog


class Leaving(StrEnum):
    """What becomes of the run when the operator leaves."""

    STAY = "stay"
    PLAIN = "plain"
    CANCEL = "cancel"


_WHAT = (
    "It can go on without the console, in plain lines in this terminal. Or it can be cancelled: then the "
    "lock is released, and what serves goes on serving."
)


class Leave(Dialog[Leaving]):
    """Asks what becomes of a run that goes on. Leaving the console does not end it."""

    def __init__(self) -> None:
        super().__init__(
            "The run goes on",
            sayings([_WHAT]),
            [
                Choice("Plain lines", "p", Leaving.PLAIN, also=("q",)),
                Choice("Cancel the run", "c", Leaving.CANCEL, destructive=True),
                Choice("Stay here", "s", Leaving.STAY, also=("n",)),
            ],
            start=2,
            escape=2,
        )
