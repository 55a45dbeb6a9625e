"""Where the time of a run went: phase by phase, host by host, worked or only waited, and for what.

A host works while one of its steps or calls goes on. It waits while something on it waits for others: for
the barrier, for the registry, for an app to become healthy. Of waits within waits the inner one counts, so
that no second counts twice in a lane. What a host spends neither way it was done, or not yet due."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from backstaff.events.facts import Outcome, WaitKind
from backstaff.events.types import Event, PairPlanned, PlanMade, RunEnded, RunStarted
from backstaff.replay.activity import Activity, Calls, Lane, Waited
from backstaff.replay.spans import Span, length, merged, put_into, within, without
from backstaff.replay.starts import Start, Starts

BETWEEN = "between phases"
"""The name of what happened in no phase: hooks, and giving the lock back."""
KINDS = frozenset(
    {
        b"run_started",
        b"plan_made",
        b"phase_started",
        b"phase_ended",
        b"step_started",
        b"step_ended",
        b"wait_started",
        b"wait_ended",
        b"host_changed",
        b"pair_changed",
        b"command_run",
        b"run_ended",
    }
)
"""The kinds of events that a breakdown is made of."""


@dataclass(frozen=True)
class WaitTime:
    """How long something was waited for, and who could have ended that."""

    what: WaitKind
    cause: str
    owner: str
    seconds: float


@dataclass(frozen=True)
class LaneTime:
    """A host, or one role on it, in one phase. An empty host is the operator's machine.

    `waits` are in the order of their seconds, longest first. `until_t` is when its last work or wait of the
    phase ended, in seconds into the run."""

    host: str
    role: str
    worked_s: float
    waits: tuple[WaitTime, ...]
    until_t: float

    @property
    def waited_s(self) -> float:
        """Seconds of all its waits."""
        return round(sum(wait.seconds for wait in self.waits), 3)

    @property
    def busy_s(self) -> float:
        """Seconds that it worked or waited."""
        return round(self.worked_s + self.waited_s, 3)


@dataclass(frozen=True)
class PhaseTime:
    """A phase, and in it every host that did or waited for anything, in no particular order.

    `outcome` is None if the phase goes on or was cut off. `last` is the lane that the phase waited for at
    its end."""

    name: str
    began_t: float
    seconds: float
    outcome: Outcome | None
    lanes: tuple[LaneTime, ...]
    last: LaneTime | None


@dataclass(frozen=True)
class HostTime:
    """A host in the whole run. It waited while something on it did and nothing on it worked.

    `calls` counts its commands and API calls, `changing` those of them that change something; several may
    go on at once, so `calls_s` can be more than the time that passed."""

    host: str
    worked_s: float
    waited_s: float
    calls: int
    changing: int
    calls_s: float


@dataclass(frozen=True)
class Breakdown:
    """Where the time of a run went, in seconds. `phases` are in the order in which they began, what was
    between them last; `ended` is None for a run that was cut off or goes on."""

    started: RunStarted | None
    ended: RunEnded | None
    planned: tuple[PairPlanned, ...]
    total_s: float
    phases: tuple[PhaseTime, ...]
    hosts: tuple[HostTime, ...]
    starts: tuple[Start, ...]

    @property
    def calls(self) -> int:
        """How many commands and API calls there were."""
        return sum(host.calls for host in self.hosts)


class Reckoning:
    """Takes in the events of a run one by one; where its time went may be asked at any point of it."""

    def __init__(self) -> None:
        self._activity = Activity()
        self._starts = Starts()
        self._started: RunStarted | None = None
        self._ended: RunEnded | None = None
        self._planned: tuple[PairPlanned, ...] = ()

    def see(self, event: Event) -> None:
        """Take in an event; what is not of the `KINDS` changes nothing but the time."""
        self._activity.see(event)
        self._starts.see(event)
        match event.body:
            case RunStarted() as started:
                self._started = started
            case PlanMade(pairs=planned):
                self._planned = planned
            case RunEnded() as ended:
                self._ended = ended
            case _:
                return

    @property
    def waits(self) -> int:
        """How many waits are kept: for each of some thousand the breakdown takes a second."""
        return self._activity.waits_kept

    def breakdown(self, until_t: float = 0.0) -> Breakdown:
        """Where the time went so far, if the run lasted until `until_t` at least."""
        activity = self._activity.settled(until_t)
        lanes = [*_lanes(activity)]
        return Breakdown(
            started=self._started,
            ended=self._ended,
            planned=self._planned,
            total_s=activity.now_t,
            phases=tuple(_phases(activity, lanes)),
            hosts=tuple(_hosts(activity.calls, lanes)),
            starts=tuple(self._starts.found),
        )


def breakdown(events: Iterable[Event], until_t: float = 0.0) -> Breakdown:
    """Where the time of a run went that is told by `events`, and lasted until `until_t` at least."""
    reckoning = Reckoning()
    for event in events:
        reckoning.see(event)
    return reckoning.breakdown(until_t)


@dataclass(frozen=True)
class _Wait:
    what: WaitKind
    cause: str
    owner: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class _LaneSpans:
    """A lane in the whole run."""

    lane: Lane
    steps: Sequence[Span]
    calls: Sequence[Span]
    waits: Sequence[_Wait]

    @property
    def work(self) -> list[Span]:
        return merged([*self.steps, *self.calls])

    @property
    def waiting(self) -> list[Span]:
        return merged(span for wait in self.waits for span in wait.spans)


def _lanes(activity: Activity) -> Iterator[_LaneSpans]:
    """All lanes, host by host. What is told of a host alone counts there only where no role of it explains
    the time: the calls of a role's steps are not told with their role."""
    hosts: dict[str, dict[str, None]] = {}
    for host, role in [*activity.steps, *activity.waits, *activity.commands]:
        hosts.setdefault(host, {})[role] = None
    for host in activity.connecting:
        hosts.setdefault(host, {})[""] = None
    for host, roles in hosts.items():
        own: list[Span] = []
        for role in sorted(roles, reverse=True):
            lane = _lane(activity, (host, role), own if not role else ())
            own = merged([*own, *lane.work, *lane.waiting])
            yield lane


def _lane(activity: Activity, lane: Lane, told: Sequence[Span]) -> _LaneSpans:
    waits = _innermost(activity.waits.get(lane, []))
    waiting = merged(span for wait in waits for span in wait.spans)
    elsewhere = merged([*told, *waiting])
    steps = without(merged(activity.steps.get(lane, [])), elsewhere)
    calls = without(merged(activity.commands.get(lane, [])), elsewhere)
    if not lane[1]:
        taken = merged([*elsewhere, *steps, *calls])
        waits += _innermost(activity.connecting.get(lane[0], []), taken)
    return _LaneSpans(lane, steps, calls, waits)


def _innermost(waits: Sequence[Waited], taken: Sequence[Span] = ()) -> list[_Wait]:
    """The time of each wait in which no other one went on that began later, and nothing of `taken`."""
    covered = list(taken)
    found: list[_Wait] = []
    for wait in sorted(waits, key=lambda each: (each.span[0], -each.span[1]), reverse=True):
        spans = without(merged([wait.span]), covered)
        if spans:
            found.append(_Wait(wait.what, wait.cause, wait.owner, spans))
            put_into(covered, wait.span)
    return found


def _phases(activity: Activity, lanes: Sequence[_LaneSpans]) -> Iterator[PhaseTime]:
    every: list[Span] = []
    for phase, told in activity.phases.items():
        windows = merged(told.spans)
        began = min((span[0] for span in told.spans), default=activity.now_t)
        yield _phase(phase.value, began, windows, told.outcome, lanes)
        every += windows
    between = without(merged([(0.0, activity.now_t)]), merged(every))
    if between:
        yield _phase(BETWEEN, between[0][0], between, None, lanes)


def _phase(
    name: str, began_t: float, windows: Sequence[Span], outcome: Outcome | None, lanes: Sequence[_LaneSpans]
) -> PhaseTime:
    found = [each for lane in lanes if (each := _in_windows(lane, windows)) is not None]
    return PhaseTime(
        name=name,
        began_t=began_t,
        seconds=length(windows),
        outcome=outcome,
        lanes=tuple(time for time, _ in found),
        last=_last(found),
    )


def _in_windows(lane: _LaneSpans, windows: Sequence[Span]) -> tuple[LaneTime, bool] | None:
    """A lane in a phase, and whether its end is that of a step or wait; None if there was nothing."""
    work = within(lane.work, windows)
    waits = [(wait, spans) for wait in lane.waits if (spans := within(wait.spans, windows))]
    if not work and not waits:
        return None
    connecting = [span for wait, spans in waits if wait.what is WaitKind.CONNECT for span in spans]
    waited = [span for wait, spans in waits if wait.what is not WaitKind.CONNECT for span in spans]
    told = merged([*within(lane.steps, windows), *waited])
    until = (told or merged([*work, *connecting]))[-1][1]
    return LaneTime(*lane.lane, length(work), tuple(_wait_times(waits)), until), bool(told)


def _wait_times(waits: Sequence[tuple[_Wait, Sequence[Span]]]) -> list[WaitTime]:
    """One for each thing that was waited for, however often."""

    def what(each: tuple[_Wait, Sequence[Span]]) -> tuple[WaitKind, str, str]:
        return each[0].what, each[0].cause, each[0].owner

    times = [
        WaitTime(*key, length(span for _, spans in group for span in spans))
        for key, group in groupby(sorted(waits, key=what), key=what)
    ]
    return sorted(times, key=lambda each: -each.seconds)


def _last(found: Sequence[tuple[LaneTime, bool]]) -> LaneTime | None:
    """The lane that ended last. Calls alone may be looks beside the work, which nobody waits for: they tell
    only in a phase without steps and waits."""
    by_steps = [time for time, told in found if told] or [time for time, _ in found]
    return max(by_steps, key=lambda each: (each.until_t, each.busy_s), default=None)


def _hosts(calls: dict[str, Calls], lanes: Sequence[_LaneSpans]) -> Iterator[HostTime]:
    for host, group in groupby(lanes, key=lambda each: each.lane[0]):
        mine = list(group)
        worked = merged(span for lane in mine for span in lane.work)
        waited = without(merged(span for lane in mine for span in lane.waiting), worked)
        made = calls.get(host, Calls())
        yield HostTime(
            host, length(worked), length(waited), made.count, made.changing, round(made.seconds, 3)
        )
