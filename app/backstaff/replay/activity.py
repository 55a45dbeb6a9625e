"""What each host, and each role on it, was busy with and waited for, as stretches of time."""

from dataclasses import dataclass, field, replace

from backstaff.events.facts import HostState, Outcome, Phase, WaitKind
from backstaff.events.types import (
    CommandRun,
    Event,
    HostChanged,
    PhaseEnded,
    PhaseStarted,
    StepEnded,
    StepStarted,
    WaitEnded,
    WaitStarted,
)
from backstaff.replay.spans import Span, merged

Lane = tuple[str, str]
"""A host and a role; an empty role is the host itself, an empty host the operator's machine."""

WORK = frozenset({WaitKind.COMMAND, WaitKind.DOCKER, WaitKind.BUILD, WaitKind.HOOK})
"""Kinds of waits in which those who are waited for do what they were told: that is work."""

JOINED_AT = 10_000
"""At so many stretches those of them that touch are made one, so that long runs cost no memory."""


@dataclass(frozen=True)
class Waited:
    """A wait: what for, who could end it, from when until when."""

    what: WaitKind
    cause: str
    owner: str
    span: Span


@dataclass
class PhaseSpans:
    """When a phase went on. `outcome` is None while it does."""

    spans: list[Span] = field(default_factory=list)
    outcome: Outcome | None = None


@dataclass
class Calls:
    """The commands and API calls of a host: how many, how many of them change something, seconds."""

    count: int = 0
    changing: int = 0
    seconds: float = 0.0


@dataclass
class Activity:
    """Folds events. `settled` is what they amount to if there are no more."""

    now_t: float = 0.0
    phases: dict[Phase, PhaseSpans] = field(default_factory=dict)
    steps: dict[Lane, list[Span]] = field(default_factory=dict)
    commands: dict[Lane, list[Span]] = field(default_factory=dict)
    waits: dict[Lane, list[Waited]] = field(default_factory=dict)
    connecting: dict[str, list[Waited]] = field(default_factory=dict)
    calls: dict[str, Calls] = field(default_factory=dict)
    waits_kept: int = 0
    """How many waits are kept, each by itself."""
    _open_phases: dict[Phase, float] = field(default_factory=dict)
    _open_steps: dict[tuple[str, str, str], float] = field(default_factory=dict)
    _open_waits: dict[int, tuple[WaitStarted, float]] = field(default_factory=dict)
    _hosts: dict[str, tuple[HostState, float]] = field(default_factory=dict)

    def see(self, event: Event) -> None:
        """Take in an event."""
        body, t = event.body, event.t
        self.now_t = max(self.now_t, t)
        match body:
            case PhaseStarted():
                self.phases.setdefault(body.phase, PhaseSpans()).outcome = None
                self._open_phases[body.phase] = t
            case PhaseEnded():
                phase = self.phases.setdefault(body.phase, PhaseSpans())
                phase.outcome = body.outcome
                phase.spans.append((self._open_phases.pop(body.phase, t - body.took_s), t))
            case StepStarted():
                self._open_steps[body.step, body.host, body.role] = t
            case StepEnded():
                began = self._open_steps.pop((body.step, body.host, body.role), t - body.took_s)
                self._did(body.host, body.role, (began, t))
            case WaitStarted():
                self._open_waits[body.wait] = body, t
            case WaitEnded():
                self._wait_ended(body, t)
            case HostChanged():
                self._host_changed(body.host, body.state, t)
            case CommandRun():
                self._called(body, t)
            case _:
                return

    def settled(self, until_t: float = 0.0) -> "Activity":
        """All there is if the run ended or was cut off here, and lasted until `until_t` at least: what is
        open lasted until then. A copy, so that events may go on to be taken in."""
        whole = Activity(
            now_t=max(self.now_t, until_t),
            phases={phase: PhaseSpans(list(each.spans), each.outcome) for phase, each in self.phases.items()},
            steps={lane: list(spans) for lane, spans in self.steps.items()},
            commands={lane: list(spans) for lane, spans in self.commands.items()},
            waits={lane: list(waits) for lane, waits in self.waits.items()},
            connecting={host: list(waits) for host, waits in self.connecting.items()},
            calls={host: replace(calls) for host, calls in self.calls.items()},
            _hosts=dict(self._hosts),
        )
        now = whole.now_t
        for phase, began in self._open_phases.items():
            whole.phases[phase].spans.append((began, now))
        for (_, host, role), began in self._open_steps.items():
            whole._did(host, role, (began, now))
        for wait, began in self._open_waits.values():
            whole._waited(wait, (began, now))
        for host in self._hosts:
            whole._host_changed(host, HostState.UNKNOWN, now)
        return whole

    def _did(self, host: str, role: str, span: Span) -> None:
        _add(self.steps.setdefault((host, role), []), span)

    def _called(self, body: CommandRun, t: float) -> None:
        _add(self.commands.setdefault((body.host, body.role), []), (t - body.took_s, t))
        calls = self.calls.setdefault(body.host, Calls())
        calls.count += 1
        calls.changing += body.mutates
        calls.seconds += body.took_s

    def _wait_ended(self, body: WaitEnded, t: float) -> None:
        """A call is announced as a wait only once it lasts: when it began follows from how long it took."""
        found = self._open_waits.pop(body.wait, None)
        if found is not None:
            wait, told = found
            self._waited(wait, (min(told, t - body.took_s), t))

    def _waited(self, wait: WaitStarted, span: Span) -> None:
        lane = wait.host, wait.role
        if wait.what is WaitKind.CONNECT:
            return
        if wait.what in WORK:
            _add(self.commands.setdefault(lane, []), span)
        else:
            self.waits.setdefault(lane, []).append(Waited(wait.what, wait.cause, wait.owner, span))
            self.waits_kept += 1

    def _host_changed(self, host: str, state: HostState, t: float) -> None:
        before, began = self._hosts.pop(host, (HostState.UNKNOWN, t))
        if before is HostState.QUEUED:
            self._connecting(host, "its turn to be connected to", "this machine", (began, t))
        elif before is HostState.CONNECTING:
            self._connecting(host, "the connection", f"sshd on {host}", (began, t))
        if state in {HostState.QUEUED, HostState.CONNECTING}:
            self._hosts[host] = state, t

    def _connecting(self, host: str, cause: str, owner: str, span: Span) -> None:
        self.connecting.setdefault(host, []).append(Waited(WaitKind.CONNECT, cause, owner, span))


def _add(spans: list[Span], span: Span) -> None:
    spans.append(span)
    if len(spans) % JOINED_AT == 0:
        spans[:] = merged(spans)
