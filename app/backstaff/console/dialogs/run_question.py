"""Questions that come up by themselves, while the operator may be typing something else."""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from time import monotonic
from typing import ClassVar, TypeVar

from textual.widget import Widget

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.dialog import Dialog

T = TypeVar("T")

DEAF_FOR_S = 0.7


class RunQuestion(Dialog[T]):
    """A question of the run. No key is heard in the first moments that it is in sight, each time that it
    comes into sight: such keys were meant for what was there before. The mouse is: nobody clicks blindly.

    `seconds` is a clock that only grows."""

    deaf_for_s: ClassVar[float] = DEAF_FOR_S

    def __init__(
        self,
        title: str,
        body: Iterable[Widget],
        choices: Sequence[Choice[T]],
        *,
        start: int,
        escape: int,
        hint: str = "",
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(title, body, choices, start=start, escape=escape, hint=hint)
        self._seconds = seconds
        self._hears_from = inf

    def on_screen_resume(self) -> None:
        """It is in sight, for the first time or again."""
        self._hears_from = self._seconds() + self.deaf_for_s

    @property
    def hears(self) -> bool:
        """Whether the operator has had the time to see what a key would answer."""
        return self._seconds() >= self._hears_from
