"""What headless mode says about waits: that one begins, why it still lasts, how it ended."""

from collections.abc import Sequence

from backstaff.events.board_state import WaitView
from backstaff.events.facts import Outcome, WaitKind
from backstaff.events.inert import inert
from backstaff.events.types import WaitEnded, WaitExplained, WaitStarted
from backstaff.explain.brief import brief
from backstaff.explain.why import ACTIVITIES, waits_for
from backstaff.explain.words import at_most, duration, left_of

_TELL_END = {WaitKind.BARRIER, WaitKind.LOCK}
_TOLD_ELSEWHERE = {WaitKind.STOP, WaitKind.PULL, WaitKind.READINESS}
"""Of these a better line tells: that of a pair's state, of a phase, or of the health wait around it."""
_STILL = {
    WaitKind.COMMAND: "still runs",
    WaitKind.HOOK: "still runs",
    WaitKind.BUILD: "still runs",
    WaitKind.PULL: "still runs",
    WaitKind.DOCKER: "Docker has not answered yet",
}


def wait_started(start: WaitStarted) -> str:
    """A wait that begins; empty for ordinary calls, told only if they last, and what is told elsewhere."""
    if start.quiet or start.what in _TOLD_ELSEWHERE:
        return ""
    limit, cause = at_most(start.limit_s), inert(start.cause)
    if start.what is WaitKind.PAUSE:
        return f"pauses for {duration(start.limit_s)}: {cause}"
    if start.silence and start.limit_s:
        return f"{cause} (given up after {duration(start.limit_s)} of silence)"
    if start.silence or start.what in ACTIVITIES:
        return f"{cause} ({limit})"
    return f"{waits_for(start)} ({limit})"


def wait_explained(wait: WaitView, body: WaitExplained, others: str = "") -> tuple[str, Sequence[str]]:
    """The heartbeat of a wait, and the evidence in short; `others` wait for the same thing."""
    start = wait.start
    cause, left = inert(start.cause), left_of(start.limit_s, round(body.left_s))
    if start.what is WaitKind.CONNECT:
        what = f"still tries to {cause}"
    elif start.what in _STILL:
        what = f"{_STILL[start.what]}: {cause}"
    else:
        what = f"still {waits_for(start)}" if start.quiet else "still waiting"
    company = f" ({others} too)" if others else ""
    evidence = brief(body.why, about=(start.host, start.role))
    return inert(f"{what}{company}, {left}"), [inert(each) for each in evidence]


def wait_ended(wait: WaitView, body: WaitEnded) -> str:
    """How a wait ended well, where no other line tells it. A bad end is told by what it makes fail."""
    start = wait.start
    took, cause = duration(body.took_s), inert(start.cause)
    if body.outcome is not Outcome.DONE:
        return ""
    if start.what in _TELL_END:
        return f"waited {took} for {cause}"
    if not start.quiet or wait.why is None:
        return ""
    match start.what:
        case WaitKind.CONNECT:
            return f"connected after {took}"
        case WaitKind.DOCKER:
            return f"Docker answered after {took}: {cause}"
        case _:
            return f"took {took}: {cause}"
