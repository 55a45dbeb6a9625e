"""What to do about a deploy lock that somebody else holds."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.confirm import sayings
from backstaff.console.dialogs.run_question import RunQuestion
from backstaff.console.hanging import Fact
from backstaff.engine.questions import LockChoice, LockQuestion
from backstaff.explain.words import duration

_WAIT = Choice("Wait for it", "w", LockChoice.WAIT)
_TAKE_OVER = Choice("Take over", "t", LockChoice.TAKE_OVER, destructive=True)
_LEAVE = Choice("Leave", "l", LockChoice.LEAVE)


class LockIsHeld(RunQuestion[LockChoice]):
    """Asks what to do about the lock. Taking it over is only offered when its holder is known to be dead.

    The focus is on waiting where that is likely to end, else on leaving."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_release", "Copy the release command", show=False, id="lock.copy"),
    ]

    def __init__(self, question: LockQuestion, seconds: Callable[[], float] = monotonic) -> None:
        choices = [_TAKE_OVER, _WAIT, _LEAVE] if question.dead else [_WAIT, _LEAVE]
        may_end = not question.dead and not question.by_hand
        super().__init__(
            "The deploy lock is held",
            sayings(list(_facts(question))),
            choices,
            start=0 if may_end else len(choices) - 1,
            escape=len(choices) - 1,
            hint="y copies the release command" if question.release else "",
            seconds=seconds,
        )
        self._release = question.release

    def action_copy_release(self) -> None:
        """Copy the command that releases the lock by hand."""
        if self._release:
            self.app.copy_to_clipboard(self._release)


def _facts(question: LockQuestion) -> Iterator[Fact]:
    yield Fact("held by", question.holder or "somebody who left no name", "bold $warning")
    yield Fact("on", question.host)
    since = _since(question)
    if since:
        yield Fact("since", since)
    if question.version:
        yield Fact("version", question.version)
    if question.message:
        yield Fact("message", question.message)
    if question.dead:
        yield Fact("holder", question.dead, "$success")
    elif question.by_hand:
        yield Fact("holder", "took it by hand, so it may stay for long")
    else:
        yield Fact("holder", "may be at work: not known to be dead, so it can not be taken over")
    if question.release:
        yield Fact("by hand", question.release, "bold")


def _since(question: LockQuestion) -> str:
    age = "" if question.age_s is None else duration(question.age_s)
    if question.since and age:
        return f"{question.since}, {age} ago"
    return question.since or (f"{age} ago" if age else "")
