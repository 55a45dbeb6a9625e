"""What stands in the rows of the timeline: phases, waits of one kind together, failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from backstaff.console.states import Look, Tone, look_of, look_of_phase
from backstaff.events.board import Board
from backstaff.events.board_state import PhaseView
from backstaff.events.facts import Outcome
from backstaff.explain.why import LOCAL
from backstaff.explain.words import duration, listed
from backstaff.headless.card import clock
from backstaff.replay.marks import Mark, MarkKind

MOST_ROWS = 40
MOST_BARS = 200
STILL_OPEN = Look("⋯", "#", "still open", Tone.WAITING)
OVER = Look("⋯", "#", "over", Tone.WAITING)
"""A wait that ended, be it well or by what it waited for: that is told by the row of a failure."""


@dataclass(frozen=True)
class Bar:
    """From `t` to `until_t` seconds into the run; with both alike it is a point. `words` tell what it was."""

    t: float
    until_t: float
    look: Look
    words: str


@dataclass(frozen=True)
class Row:
    """One line of the timeline. `time` says how long it took, or when it was."""

    label: str
    look: Look
    time: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Rows:
    """Rows of one kind, and how many more there would be."""

    rows: tuple[Row, ...] = ()
    left_out: int = 0


def phase_rows(board: Board) -> Rows:
    """A row for each phase that began, in the order of their beginning."""
    return Rows(tuple(_phase(view, board.t) for view in board.phases.values()))


def wait_rows(marks: Sequence[Mark], end_t: float) -> Rows:
    """A row for all waits for the same thing that ended alike; the longest rows, in the order of time."""
    waits = sorted((mark for mark in marks if mark.kind is MarkKind.WAIT), key=_likeness)
    alike = _outermost([list(group) for _, group in groupby(waits, key=_likeness)], end_t)
    longest = sorted(alike, key=lambda group: -max(_length(mark, end_t) for mark in group))[:MOST_ROWS]
    rows = sorted(longest, key=lambda group: min(mark.t for mark in group))
    return Rows(tuple(_wait(group, end_t) for group in rows), len(alike) - len(longest))


def event_rows(marks: Sequence[Mark]) -> Rows:
    """A row for each failure and each host that was in trouble, the first ones and the last."""
    events = [mark for mark in marks if mark.kind in {MarkKind.FAILURE, MarkKind.HOST}]
    kept = events if len(events) <= MOST_ROWS else [*events[: MOST_ROWS - 1], events[-1]]
    return Rows(tuple(_event(mark) for mark in kept), len(events) - len(kept))


def _phase(view: PhaseView, now_t: float) -> Row:
    look = look_of_phase(view)
    took_s = now_t - view.since_t if view.outcome is None else view.took_s
    until_t = view.since_t + max(0.0, took_s)
    bar = Bar(view.since_t, until_t, look, _told(view.phase.value, view.since_t, took_s, look))
    return Row(view.phase.value, look, duration(took_s), (bar,))


def _outermost(groups: Sequence[list[Mark]], end_t: float) -> list[list[Mark]]:
    """Without those waits that are parts of others: of the same subjects, in the same times."""
    longest: dict[tuple[object, ...], list[Mark]] = {}
    for group in groups:
        ends = (min(mark.t for mark in group), max(_end(mark, end_t) for mark in group))
        key = (frozenset(map(_who, group)), *(round(t, 1) for t in ends))
        known = longest.get(key)
        if known is None or group[0].t < known[0].t:
            longest[key] = group
    return list(longest.values())


def _likeness(mark: Mark) -> tuple[str, str]:
    return _what(mark), look_of_wait(mark).word


def _what(mark: Mark) -> str:
    """What is waited for, without who waits: `waits for the first healthy web container`."""
    return mark.words.removeprefix(_who(mark)).lstrip()


def _who(mark: Mark) -> str:
    return f"{mark.role}@{mark.host}" if mark.role else mark.host or LOCAL


def look_of_wait(mark: Mark) -> Look:
    """How a wait ended, or that it never did."""
    if mark.outcome is None:
        return STILL_OPEN
    return OVER if mark.outcome is Outcome.DONE else look_of(mark.outcome)


def _wait(group: Sequence[Mark], end_t: float) -> Row:
    look = look_of_wait(group[0])
    longest = sorted(group, key=lambda mark: -_length(mark, end_t))
    bars = [
        Bar(mark.t, _end(mark, end_t), look, _told(mark.words, mark.t, _length(mark, end_t), look))
        for mark in sorted(longest[:MOST_BARS], key=lambda mark: mark.t)
    ]
    most = duration(_length(longest[0], end_t))
    return Row(_label(group), look, most if len(group) == 1 else f"up to {most}", tuple(bars))


def _label(group: Sequence[Mark]) -> str:
    """`job@h3 and job@h4 wait for the first healthy web container`."""
    names = list(dict.fromkeys(_who(mark) for mark in group))
    if len(names) == 1:
        return group[0].words
    what = _what(group[0])
    return f"{listed(names, 4)} {what.replace('waits', 'wait', 1)}"


def _event(mark: Mark) -> Row:
    look = look_of(Outcome.FAILED)
    bar = Bar(mark.t, mark.t, look, f"{mark.words}, at {moment(mark.t)}")
    return Row(mark.words, look, f"at {moment(mark.t)}", (bar,))


def moment(t: float) -> str:
    """A time in the run: `20.7 s`, from a minute on `12:05`."""
    return f"{t:.1f} s" if t < 60 else clock(t)


def _told(words: str, t: float, took_s: float, look: Look) -> str:
    return f"{words}: {look.word}, {duration(took_s)} from {moment(t)}"


def _end(mark: Mark, end_t: float) -> float:
    return max(mark.t, end_t if mark.until_t is None else mark.until_t)


def _length(mark: Mark, end_t: float) -> float:
    return _end(mark, end_t) - mark.t
