"""The Board: the state of a run, folded from its events. The only source of what is shown.

Folding depends on nothing but the Board and the event, so a live run, a replay and a checkpoint restored
half-way all show the same. A Board holds plain data only: `TypeAdapter(Board)` writes and restores it.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from backstaff.events import types as ev
from backstaff.events.board_state import (
    KEPT_COMMANDS,
    KEPT_FAILED_STEPS,
    KEPT_NOTICES,
    KEPT_PROBES,
    BarrierView,
    ContainerView,
    FailedStep,
    HostView,
    NoticeView,
    OutputLine,
    OutputTail,
    PairView,
    PhaseView,
    Probes,
    ProgressView,
    StepView,
    WaitView,
    pair_key,
)
from backstaff.events.facts import ContainerFacts, FailureCard, Funnel, Outcome, PairVerdict, Phase
from backstaff.events.host_index import HostIndex


@dataclass
class Board:
    """Everything known about a run after its latest event.

    Pairs, funnels and probes are kept by pair key (`job@h3`), containers by host and then id, output by
    `tail_key`. Values are replaced, never changed, save output tails: identity tells what changed.
    """

    seq: int = 0
    t: float = 0.0
    at: datetime | None = None
    run: ev.RunStarted | None = None
    plan: ev.PlanMade | None = None
    phases: dict[Phase, PhaseView] = field(default_factory=dict)
    hosts: dict[str, HostView] = field(default_factory=dict)
    pairs: dict[str, PairView] = field(default_factory=dict)
    containers: dict[str, dict[str, ContainerView]] = field(default_factory=dict)
    funnels: dict[str, Funnel] = field(default_factory=dict)
    probes: dict[str, Probes] = field(default_factory=dict)
    steps: dict[str, StepView] = field(default_factory=dict)
    failed_steps: list[FailedStep] = field(default_factory=list)
    progress: dict[str, ProgressView] = field(default_factory=dict)
    waits: dict[int, WaitView] = field(default_factory=dict)
    waits_ended: dict[Outcome, int] = field(default_factory=dict)
    barriers: dict[str, BarrierView] = field(default_factory=dict)
    lock: ev.LockChanged | None = None
    output: dict[str, OutputTail] = field(default_factory=dict)
    commands: list[ev.CommandRun] = field(default_factory=list)
    commands_run: int = 0
    notices: list[NoticeView] = field(default_factory=list)
    failure: FailureCard | None = None
    verdicts: tuple[PairVerdict, ...] = ()
    result: ev.RunEnded | None = None

    def __post_init__(self) -> None:
        """Makes what finds the steps and waits of a host, which is no part of the state."""
        self._steps_on: HostIndex[str] = HostIndex()
        self._waits_on: HostIndex[int] = HostIndex()
        for key, step in self.steps.items():
            self._steps_on.put(key, step.host)
        for number, wait in self.waits.items():
            self._waits_on.put(number, wait.start.host)

    def pair(self, host: str, role: str) -> PairView | None:
        """A role on a host, None if nothing is known of it."""
        return self.pairs.get(pair_key(host, role))

    def pairs_on(self, host: str) -> list[PairView]:
        """All roles of a host, in the order in which they became known."""
        return [pair for pair in self.pairs.values() if pair.host == host]

    def container_of(self, pair: PairView) -> ContainerView | None:
        """The container that this run made for a pair, None before that or when it is gone."""
        return self.containers.get(pair.host, {}).get(pair.container)

    def phase(self) -> PhaseView | None:
        """The phase that began last and goes on."""
        going_on = [view for view in self.phases.values() if view.outcome is None]
        return going_on[-1] if going_on else None

    def step_of(self, host: str, role: str = "") -> StepView | None:
        """What a pair is doing now: its own innermost step, else the host's."""
        on_host = [self.steps[key] for key in self._steps_on.on(host)]
        own = [step for step in on_host if role and step.role == role]
        shared = [step for step in on_host if not step.role]
        return next(iter([*reversed(own), *reversed(shared)]), None)

    def waits_of(self, host: str, role: str = "") -> list[WaitView]:
        """Open waits of a pair, or of all of a host without a role; longest first."""
        on_host = map(self.waits.__getitem__, self._waits_on.on(host))
        return [wait for wait in on_host if not role or wait.start.role == role]

    def tail(self, source: str, host: str, role: str = "", name: str = "") -> list[OutputLine]:
        """The last lines of a source, oldest first; `name` counts only without a role."""
        found = self.output.get(tail_key(source, host, role, name))
        return list(found.lines) if found else []

    def wall(self, t: float) -> datetime | None:
        """The time of day at `t` seconds into the run, None before the first event."""
        return None if self.at is None else self.at + timedelta(seconds=t - self.t)

    def fold(self, event: ev.Event) -> None:
        """Take in one event. Events are folded in the order of their numbers, each one once."""
        self.seq, self.t, self.at = event.seq, event.t, event.at
        body, t = event.body, event.t
        match body:
            case ev.RunStarted():
                self.run = body
            case ev.PlanMade():
                self._plan_made(body)
            case ev.PhaseStarted():
                self.phases.pop(body.phase, None)
                self.phases[body.phase] = PhaseView(body.phase, t, body.detail)
            case ev.PhaseEnded():
                began = self.phases.get(body.phase, PhaseView(body.phase, t - body.took_s))
                self.phases[body.phase] = replace(began, outcome=body.outcome, took_s=body.took_s)
            case ev.HostChanged():
                self._host_changed(body, t)
            case ev.VersionSeen():
                self._put(replace(self._known(body.host, body.role), version_before=body.version))
            case ev.StepStarted():
                self._step_started(body, t)
            case ev.StepEnded():
                self._step_ended(body)
            case ev.PairChanged():
                self._pair_changed(body, t)
            case ev.ContainersSeen():
                self._containers_seen(body, t)
            case ev.ContainerChanged():
                self._container_changed(body, t)
            case ev.FunnelSeen():
                self.funnels[pair_key(body.funnel.host, body.funnel.role)] = body.funnel
            case ev.ProbeSeen():
                self._probe_seen(body)
            case ev.Output():
                tail = self.output.setdefault(
                    tail_key(body.source, body.host, body.role, body.name), OutputTail()
                )
                tail.add(OutputLine(t, body.text, body.stream, body.name))
            case ev.Progress():
                self.progress[progress_key(body.subject, body.host)] = ProgressView(
                    body.subject, body.host, body.current, body.total, body.text, t
                )
            case ev.WaitStarted():
                self.waits[body.wait] = WaitView(body, t)
                self._waits_on.put(body.wait, body.host)
            case ev.WaitExplained():
                if (wait := self.waits.get(body.wait)) is not None:
                    self.waits[body.wait] = replace(wait, why=body.why, told_t=t, told_left_s=body.left_s)
            case ev.WaitEnded():
                self.waits.pop(body.wait, None)
                self._waits_on.drop(body.wait)
                self.waits_ended[body.outcome] = self.waits_ended.get(body.outcome, 0) + 1
            case ev.BarrierChanged():
                self._barrier_changed(body, t)
            case ev.LockChanged():
                self.lock = body
            case ev.CommandRun():
                self.commands.append(body)
                del self.commands[:-KEPT_COMMANDS]
                self.commands_run += 1
            case ev.Notice():
                self.notices.append(NoticeView(t, body.level, body.text, body.host))
                del self.notices[:-KEPT_NOTICES]
            case ev.Failed():
                self.failure = body.card
            case ev.Verified():
                self.verdicts = body.pairs
            case ev.RunEnded():
                self.result = body
            case _:
                assert_never(body)

    def _plan_made(self, body: ev.PlanMade) -> None:
        self.plan = body
        for host in body.hosts:
            self.hosts.setdefault(host, HostView(host))
        for planned in body.pairs:
            self._put(
                replace(
                    self._known(planned.host, planned.role),
                    group=planned.group,
                    gatekeeper=planned.gatekeeper,
                    proxied=planned.proxied,
                )
            )

    def _host_changed(self, body: ev.HostChanged, t: float) -> None:
        known = self.hosts.get(body.host, HostView(body.host))
        self.hosts[body.host] = replace(
            known,
            state=body.state,
            since_t=known.since_t if known.state is body.state else t,
            detail=body.detail,
            docker=body.docker or known.docker,
            free_disk=known.free_disk if body.free_disk is None else body.free_disk,
        )

    def _step_started(self, body: ev.StepStarted, t: float) -> None:
        key = _step_key(body)
        self.steps[key] = StepView(body.step, body.host, body.role, t, body.detail)
        self._steps_on.put(key, body.host)
        if body.role:
            self._show_step(body.host, body.role)

    def _step_ended(self, body: ev.StepEnded) -> None:
        key = _step_key(body)
        self.steps.pop(key, None)
        self._steps_on.drop(key)
        if body.outcome not in {Outcome.DONE, Outcome.SKIPPED, Outcome.CANCELLED}:
            failed = FailedStep(body.step, body.host, body.role, body.outcome, body.detail)
            self.failed_steps = [*self.failed_steps, failed][:KEPT_FAILED_STEPS]
        if body.role:
            self._show_step(body.host, body.role)

    def _show_step(self, host: str, role: str) -> None:
        known = self._known(host, role)
        own = [step for key in self._steps_on.on(host) if (step := self.steps[key]).role == role]
        if own:
            now = own[-1]
            self._put(replace(known, step=now.step, step_since_t=now.since_t))
        else:
            self._put(replace(known, step="", step_since_t=0.0))

    def _pair_changed(self, body: ev.PairChanged, t: float) -> None:
        known = self._known(body.host, body.role)
        since = known.since_t if known.state is body.state else t
        self._put(replace(known, state=body.state, since_t=since, detail=body.detail))

    def _containers_seen(self, body: ev.ContainersSeen, t: float) -> None:
        known = self.containers.get(body.host, {})
        self.containers[body.host] = {
            facts.id: _seen(known.get(facts.id), facts, facts.labels.get("role", ""), t)
            for facts in body.containers
        }

    def _container_changed(self, body: ev.ContainerChanged, t: float) -> None:
        on_host = self.containers.setdefault(body.host, {})
        facts = body.container
        if body.event == "destroy":
            on_host.pop(facts.id, None)
            return
        before = on_host.get(facts.id)
        role = body.role or (before.role if before else "") or facts.labels.get("role", "")
        view = _seen(before, facts, role, t)
        on_host[facts.id] = view if before else replace(view, since_t=t)
        if role and self._is_new_version(facts):
            self._put(replace(self._known(body.host, role), container=facts.id))

    def _is_new_version(self, facts: ContainerFacts) -> bool:
        """Whether a container is of the version being deployed, and not an old one renamed out of its way."""
        if "_replaced_" in facts.name:
            return False
        wanted = self.run.version if self.run else ""
        if facts.version and wanted:
            return facts.version == wanted
        return facts.name.endswith(f"-{wanted}") if wanted else True

    def _probe_seen(self, body: ev.ProbeSeen) -> None:
        key = pair_key(body.host, body.role)
        known = self.probes.get(key, ())
        again = bool(known) and (known[-1].url, known[-1].result) == (body.probe.url, body.probe.result)
        self.probes[key] = ((*known[:-1], body.probe) if again else (*known, body.probe))[-KEPT_PROBES:]

    def _barrier_changed(self, body: ev.BarrierChanged, t: float) -> None:
        known = self.barriers.get(body.barrier)
        since = known.since_t if known and known.state is body.state else t
        self.barriers[body.barrier] = BarrierView(
            body.barrier, body.state, since, body.can_open, body.waiting, body.reason
        )

    def _known(self, host: str, role: str) -> PairView:
        return self.pair(host, role) or PairView(host, role)

    def _put(self, pair: PairView) -> None:
        self.pairs[pair.key] = pair


def tail_key(source: str, host: str, role: str = "", name: str = "") -> str:
    """Under which key a Board keeps the last lines of a source."""
    return f"{source}:{role or name}@{host}"


def progress_key(subject: str, host: str) -> str:
    """Under which key a Board keeps the progress of a pull or build."""
    return f"{subject}@{host}"


def _step_key(body: ev.StepStarted | ev.StepEnded) -> str:
    return f"{body.step}:{pair_key(body.host, body.role)}"


def _seen(known: ContainerView | None, facts: ContainerFacts, role: str, t: float) -> ContainerView:
    if known is None:
        return ContainerView(facts, role)
    if known.facts.state != facts.state:
        return ContainerView(facts, role or known.role, t)
    return ContainerView(_merged(known.facts, facts), role or known.role, known.since_t)


def _merged(known: ContainerFacts, listed: ContainerFacts) -> ContainerFacts:
    """A list tells less than an inspection did: keep what it leaves out while the state is the same."""
    if listed.started_at or listed.state == "created":
        return listed
    return known.model_copy(update={"name": listed.name, "status": listed.status, "labels": listed.labels})
