"""Moments of a run to wait for: conditions on its events."""

from collections.abc import Callable

from backstaff.events.facts import LockState, PairState, Phase, WaitKind
from backstaff.events.types import (
    Event,
    LockChanged,
    Output,
    PairChanged,
    PhaseStarted,
    StepEnded,
    WaitStarted,
)

Moment = Callable[[Event], bool]


def begins(phase: Phase) -> Moment:
    """A phase begins."""
    return lambda event: isinstance(event.body, PhaseStarted) and event.body.phase is phase


def says(text: str) -> Moment:
    """Something that the run started writes a line."""
    return lambda event: isinstance(event.body, Output) and text in event.body.text


def reaches(role: str, state: PairState, host: str = "") -> Moment:
    """A role reaches a state, on a host or on any."""
    return lambda event: (
        isinstance(event.body, PairChanged)
        and (event.body.role, event.body.state) == (role, state)
        and host in ("", event.body.host)
    )


def is_through(step: str, host: str) -> Moment:
    """A step has ended on a host."""
    return lambda event: (
        isinstance(event.body, StepEnded) and (event.body.step, event.body.host) == (step, host)
    )


def finds_lock(state: LockState) -> Moment:
    """The lock is in a state."""
    return lambda event: isinstance(event.body, LockChanged) and event.body.state is state


def waits_for(kind: WaitKind) -> Moment:
    """A wait of a kind is announced."""
    return lambda event: isinstance(event.body, WaitStarted) and event.body.what is kind
