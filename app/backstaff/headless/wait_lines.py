"""What headless mode says about waits: that one begins, why it still lasts, how it ended."""

from collections.abc import Sequence

from backstaff.events.board_state import WaitView
from backstaff.events.facts import Outcome, WaitKind
from backstaff.events.inert import inert
from backstaff.events.types import WaitEnded, WaitExplained, WaitStarted
from backstaff.explain.brief import brief
from backstaff.explain.why import ACTIVITIES, waits_for
from backstaff.explain.words import duration, listed

_TELL_END = {WaitKind.BARRIER, WaitKind.LOCK}
_TOLD_ELSEWHERE = {WaitKind.STOP, WaitKind.PULL}


def wait_started(start: WaitStarted) -> str:
    """A wait that begins; empty for ordinary calls, told only if they last, and what is told elsewhere."""
    if start.quiet or start.what in _TOLD_ELSEWHERE:
        return ""
    limit = duration(start.limit_s)
    if start.silence:
        return f"{inert(start.cause)} (given up after {limit} of silence)"
    if start.what in ACTIVITIES:
        return f"{inert(start.cause)} (at most {limit})"
    return f"{waits_for(start)} ({limit})"


def wait_explained(wait: WaitView, body: WaitExplained, others: Sequence[str] = ()) -> str:
    """The heartbeat of a wait, with the evidence in short; `others` wait for the same thing."""
    start = wait.start
    what = f"still {waits_for(start)}" if start.quiet or start.what in ACTIVITIES else "still waiting"
    company = f" ({listed(others, most=4)} too)" if others else ""
    evidence = brief(body.why)
    left = f"{duration(round(body.left_s))} left"
    return inert(f"{what}{company}, {left}: {evidence}" if evidence else f"{what}{company}, {left}")


def wait_ended(wait: WaitView, body: WaitEnded) -> str:
    """How a wait ended well, where no other line tells it. A bad end is told by what it makes fail."""
    start = wait.start
    took, cause = duration(body.took_s), inert(start.cause)
    if body.outcome is Outcome.DONE and start.what in _TELL_END:
        return f"waited {took} for {cause}"
    if body.outcome is Outcome.DONE and start.quiet and wait.why is not None:
        return f"went on after {took}: {cause}"
    return ""
