"""A finished step in words: what a run without a plan did, such as `app stop`."""

from dataclasses import dataclass

from backstaff.events.board import Board
from backstaff.events.facts import Outcome
from backstaff.events.inert import inert
from backstaff.events.types import StepEnded


@dataclass(frozen=True)
class _Words:
    """What goes before the detail of a step that was done, and before the reason of one that was skipped."""

    done: str
    skipped: str = ""


_WORDS = {
    "start the container": _Words("started"),
    "stop the container": _Words("stopped", "not stopped:"),
    "stop a stale container": _Words("stopped the stale container of version"),
    "take out of the proxy": _Words("taken out of the proxy", "not taken out of the proxy:"),
    "switch the proxy": _Words("the proxy's traffic goes to it"),
    "ensure the network": _Words("made the network", "the network"),
    "start the proxy": _Words("started kamal-proxy"),
}
"""Steps that are not listed have a better line elsewhere, as those of the lock."""


def what_it_did(body: StepEnded, before: Board) -> str:
    """The line for a step that was done or skipped; empty if it ended otherwise or is told elsewhere."""
    words = _WORDS.get(body.step)
    if words is None:
        return ""
    detail = inert(body.detail)
    match body.outcome:
        case Outcome.DONE:
            return f"{words.done} {detail or _announced(body, before)}".rstrip()
        case Outcome.SKIPPED:
            return f"{words.skipped} {detail}".strip()
        case _:
            return ""


def _announced(body: StepEnded, before: Board) -> str:
    """The detail that the step began with."""
    who = (body.step, body.host, body.role)
    going_on = before.steps.values()
    return next((inert(each.detail) for each in going_on if (each.step, each.host, each.role) == who), "")
