"""How every state looks: a glyph, a word and a tone. Never the tone alone, so that nothing needs colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from backstaff.events.board_state import PhaseView
from backstaff.events.facts import BarrierState, HostState, LockState, Outcome, PairState

ASCII_VARIABLE = "BACKSTAFF_ASCII"
LONGEST_WORD = 11
"""No word takes more cells than this: columns may count on it."""

State = HostState | PairState | BarrierState | LockState | Outcome


class Tone(StrEnum):
    """What a state means for whoever looks. The value is the theme variable of its colour."""

    OK = "$success"
    WORKING = "$accent"
    WAITING = "$warning"
    FAILED = "$error"
    UNKNOWN = "$secondary"
    PLAIN = "$text-muted"


@dataclass(frozen=True)
class Look:
    """How a state is shown. Glyphs take one cell, `ascii_glyph` in any font and encoding."""

    glyph: str
    ascii_glyph: str
    word: str
    tone: Tone


_HOSTS: Mapping[HostState, Look] = {
    HostState.UNKNOWN: Look("?", "?", "unknown", Tone.UNKNOWN),
    HostState.QUEUED: Look("◦", ".", "queued", Tone.PLAIN),
    HostState.CONNECTING: Look("▸", "*", "connecting", Tone.WORKING),
    HostState.CONNECTED: Look("✓", "+", "connected", Tone.OK),
    HostState.QUIET: Look("?", "?", "quiet", Tone.WAITING),
    HostState.UNREACHABLE: Look("✗", "x", "unreachable", Tone.FAILED),
    HostState.LOST: Look("✗", "x", "lost", Tone.FAILED),
}

_PAIRS: Mapping[PairState, Look] = {
    PairState.PENDING: Look("◦", ".", "pending", Tone.PLAIN),
    PairState.QUEUED: Look("◦", ".", "queued", Tone.PLAIN),
    PairState.PULLING: Look("▸", "*", "pulling", Tone.WORKING),
    PairState.PREPARING: Look("▸", "*", "preparing", Tone.WORKING),
    PairState.WAITING: Look("⋯", "#", "at barrier", Tone.WAITING),
    PairState.CREATING: Look("▸", "*", "creating", Tone.WORKING),
    PairState.STARTING: Look("▸", "*", "starting", Tone.WORKING),
    PairState.CHECKING: Look("~", "~", "checking", Tone.WORKING),
    PairState.SWITCHING: Look("▸", "*", "switching", Tone.WORKING),
    PairState.STOPPING_OLD: Look("▸", "*", "ending old", Tone.WORKING),
    PairState.HEALTHY: Look("✓", "+", "healthy", Tone.OK),
    PairState.FAILED: Look("✗", "x", "failed", Tone.FAILED),
    PairState.HALTED: Look("-", "-", "not booted", Tone.WAITING),
    PairState.CANCELLED: Look("-", "-", "cancelled", Tone.WAITING),
    PairState.ROLLING_BACK: Look("◂", "<", "going back", Tone.WORKING),
    PairState.ROLLED_BACK: Look("↩", "<", "rolled back", Tone.WAITING),
    PairState.NOT_ROLLED_BACK: Look("✗", "x", "not back", Tone.FAILED),
}

_BARRIERS: Mapping[BarrierState, Look] = {
    BarrierState.CLOSED: Look("⋯", "#", "closed", Tone.WAITING),
    BarrierState.OPEN: Look("✓", "+", "open", Tone.OK),
    BarrierState.FAILED: Look("✗", "x", "failed", Tone.FAILED),
}

_LOCKS: Mapping[LockState, Look] = {
    LockState.FREE: Look("◦", ".", "free", Tone.PLAIN),
    LockState.HELD: Look("⋯", "#", "held", Tone.WAITING),
    LockState.OURS: Look("✓", "+", "ours", Tone.OK),
    LockState.TAKEN_OVER: Look("✓", "+", "taken over", Tone.OK),
    LockState.RELEASED: Look("◦", ".", "released", Tone.PLAIN),
    LockState.LEFT_BEHIND: Look("✗", "x", "left behind", Tone.FAILED),
}

_OUTCOMES: Mapping[Outcome, Look] = {
    Outcome.DONE: Look("✓", "+", "done", Tone.OK),
    Outcome.SKIPPED: Look("-", "-", "skipped", Tone.PLAIN),
    Outcome.FAILED: Look("✗", "x", "failed", Tone.FAILED),
    Outcome.EXPIRED: Look("✗", "x", "timed out", Tone.FAILED),
    Outcome.DOOMED: Look("✗", "x", "doomed", Tone.FAILED),
    Outcome.CANCELLED: Look("-", "-", "cancelled", Tone.WAITING),
}

_TO_COME = Look("◦", ".", "to come", Tone.PLAIN)
_GOING_ON = Look("▸", "*", "going on", Tone.WORKING)


ALL_LOOKS = (
    *(look for table in (_HOSTS, _PAIRS, _BARRIERS, _LOCKS, _OUTCOMES) for look in table.values()),
    _TO_COME,
    _GOING_ON,
)
"""Every look there is."""


def look_of(state: State) -> Look:
    """How a state is shown."""
    match state:
        case HostState():
            return _HOSTS[state]
        case PairState():
            return _PAIRS[state]
        case BarrierState():
            return _BARRIERS[state]
        case LockState():
            return _LOCKS[state]
        case Outcome():
            return _OUTCOMES[state]
        case _:
            assert_never(state)


def look_of_phase(phase: PhaseView | None) -> Look:
    """How a phase is shown; None is one that has not begun."""
    if phase is None:
        return _TO_COME
    return _GOING_ON if phase.outcome is None else look_of(phase.outcome)


def ascii_only(environ: Mapping[str, str]) -> bool:
    """Whether this terminal gets ASCII glyphs and borders: BACKSTAFF_ASCII says so, or else a locale that
    is set and not UTF-8. Without any locale a terminal is taken to understand UTF-8, as nearly all do."""
    wanted = environ.get(ASCII_VARIABLE, "")
    if wanted:
        return wanted != "0"
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environ.get(name))), "")
    return bool(locale) and "utf" not in locale.lower()
