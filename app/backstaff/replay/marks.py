"""What stands on the timeline of a run: its phases, the waits that lasted, failures, trouble with hosts."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from backstaff.events.board_state import WaitView, pair_key
from backstaff.events.facts import HostState, Outcome, PairState, Phase
from backstaff.events.inert import inert
from backstaff.events.types import (
    Event,
    Failed,
    HostChanged,
    PairChanged,
    PhaseEnded,
    PhaseStarted,
    WaitEnded,
    WaitExplained,
    WaitStarted,
)
from backstaff.explain.why import subject, waits_for

LASTED_S = 2.0
"""Shorter waits are not marked, unless they ended badly, or were explained and never ended: in a log without
times that is how those look for which nothing went on any more."""
MOST_WAITS = 10_000
MOST_OTHERS = 10_000
LONGEST_WORDS = 200
_TROUBLE = frozenset({HostState.QUIET, HostState.UNREACHABLE, HostState.LOST})
_GOOD_ENDS = frozenset({Outcome.DONE, Outcome.SKIPPED, Outcome.CANCELLED})


class MarkKind(StrEnum):
    """What a mark is for."""

    PHASE = "phase"
    WAIT = "wait"
    FAILURE = "failure"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that began at `t` seconds into the run.

    `end` is where the next line of the journal begins: before it, the thing has just happened. `until_t`
    is None for what has no length or goes on; `outcome` likewise. `words` are inert."""

    kind: MarkKind
    t: float
    end: int
    words: str
    host: str = ""
    role: str = ""
    until_t: float | None = None
    outcome: Outcome | None = None


@dataclass
class Marks:
    """The marks of a run, made from its events; plain data, to go on with later.

    Their number is bounded: of too many waits the shorter half goes, of others what comes too late.
    `left_out` counts them."""

    waits: list[Mark] = field(default_factory=list)
    others: list[Mark] = field(default_factory=list)
    open_waits: dict[int, Mark] = field(default_factory=dict)
    open_phases: dict[Phase, Mark] = field(default_factory=dict)
    hosts: dict[str, HostState] = field(default_factory=dict)
    explained: set[int] = field(default_factory=set)
    """Numbers of the open waits of which it was said why they last."""
    left_out: int = 0

    def all(self, now_t: float) -> list[Mark]:
        """Every mark in the order of their times; what goes on at `now_t` as well. Safe in any thread."""
        lasting = [
            mark
            for number, mark in list(self.open_waits.items())
            if now_t - mark.t >= LASTED_S or number in self.explained
        ]
        marks = [*self.waits, *self.others, *lasting, *list(self.open_phases.values())]
        return sorted(marks, key=lambda mark: (mark.t, mark.end))

    def see(self, event: Event, end: int) -> None:
        """Take in an event, after which the next line begins at `end`."""
        body, t = event.body, event.t
        match body:
            case PhaseStarted():
                self.open_phases[body.phase] = Mark(MarkKind.PHASE, t, end, body.phase.value)
            case PhaseEnded():
                began = self.open_phases.pop(body.phase, None)
                mark = began or Mark(MarkKind.PHASE, max(0.0, t - body.took_s), end, body.phase.value)
                self._add(replace(mark, until_t=t, outcome=body.outcome))
            case WaitStarted():
                words = _short(f"{subject(WaitView(body, t))} {waits_for(body)}")
                self.open_waits[body.wait] = Mark(MarkKind.WAIT, t, end, words, body.host, body.role)
            case WaitExplained() if body.wait in self.open_waits:
                self.explained.add(body.wait)
            case WaitEnded():
                self._wait_ended(body, t)
            case HostChanged():
                self._host_changed(body, t, end)
            case PairChanged(state=PairState.FAILED):
                words = _short(f"{pair_key(body.host, body.role)} failed", body.detail)
                self._add(Mark(MarkKind.FAILURE, t, end, words, body.host, body.role))
            case Failed():
                words = _short(body.card.title, body.card.cause)
                self._add(Mark(MarkKind.FAILURE, t, end, words, body.card.host, body.card.role))
            case _:
                return

    def _wait_ended(self, body: WaitEnded, t: float) -> None:
        began = self.open_waits.pop(body.wait, None)
        self.explained.discard(body.wait)
        if began is None or (t - began.t < LASTED_S and body.outcome in _GOOD_ENDS):
            return
        self.waits.append(replace(began, until_t=t, outcome=body.outcome))
        if len(self.waits) > MOST_WAITS:
            longest = sorted(self.waits, key=_length, reverse=True)[: MOST_WAITS // 2]
            self.left_out += len(self.waits) - len(longest)
            self.waits = longest

    def _host_changed(self, body: HostChanged, t: float, end: int) -> None:
        before = self.hosts.get(body.host)
        self.hosts[body.host] = body.state
        if body.state is before or not (body.state in _TROUBLE or before in _TROUBLE):
            return
        words = _short(f"{body.host} is {body.state.value}", body.detail)
        self._add(Mark(MarkKind.HOST, t, end, words, body.host))

    def _add(self, mark: Mark) -> None:
        if len(self.others) >= MOST_OTHERS:
            self.left_out += 1
        else:
            self.others.append(mark)


def _length(mark: Mark) -> float:
    return (mark.until_t or mark.t) - mark.t


def _short(text: str, detail: str = "") -> str:
    return inert(f"{text}: {detail}" if detail else text)[:LONGEST_WORDS]
