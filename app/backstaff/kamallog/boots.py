"""Where every role on every host stands, and the barrier between them."""

import re

from backstaff.events.facts import BarrierState, ContainerFacts, Outcome, PairState, Phase, WaitKind
from backstaff.events.types import (
    BarrierChanged,
    ContainerChanged,
    PairChanged,
    VersionSeen,
)
from backstaff.kamallog.commands import Kind, Meaning
from backstaff.kamallog.going import Command
from backstaff.kamallog.messages import (
    FAILED_TO_BOOT,
    GAVE_UP_AFTER,
    HEALTHY,
    OPENED,
    PASSED,
    READINESS,
    SHUT,
    TURNED_AWAY,
    WAITING,
)
from backstaff.kamallog.phases import Phases
from backstaff.kamallog.survey import Pair, Survey
from backstaff.kamallog.telling import Teller
from backstaff.kamallog.waiting import NO_LIMIT, Waits

NOBODY = "(no role)"
"""The name of a barrier that Kamal set up without a role that could open it."""

_REPLACED = re.compile(r"_replaced_[0-9a-f]{16}$")


class Boots:
    """Follows the boots of all pairs."""

    def __init__(self, teller: Teller, survey: Survey, phases: Phases, waits: Waits) -> None:
        self._teller = teller
        self._phases = phases
        self._survey = survey
        self._waits = waits
        self._polled: Pair | None = None
        self._due: dict[Pair, float] = {}
        self._booting: dict[Pair, None] = {}
        self._barrier: tuple[BarrierState, str] | None = None

    @property
    def begun(self) -> list[Pair]:
        """The pairs whose boot has begun, in that order."""
        return list(self._booting)

    def active_role(self, host: str) -> str:
        """The role that is being booted on a host, empty if there are several or none."""
        active = [role for at, role in self._booting if at == host and not self._state(at, role).final]
        return active[0] if len(active) == 1 else ""

    def command_began(self, command: Command) -> None:
        """A command begins that may move its pair, or all pairs of its host."""
        pair = (command.host, command.role)
        match command.meaning.kind:
            case Kind.PULL:
                for role in [role for host, role in self._survey.pairs if host == command.host]:
                    self._move((command.host, role), PairState.PULLING)
            case Kind.LIST if command.role:
                self._move(pair, PairState.PREPARING)
            case Kind.FIND | Kind.CURRENT | Kind.RENAME if command.role and self._phases.now is Phase.BOOT:
                self._begin(pair)
            case Kind.RUN if command.role:
                self._begin(pair)
                self._move(pair, PairState.CREATING)
            case Kind.PROXY_DEPLOY if command.role:
                self._begin(pair)
                self._check_by_proxy(pair, command)
            case Kind.STATUS if command.role:
                self._begin(pair)
                self._check(pair)
            case Kind.STOP if command.role:
                self._stopping(pair, command)
            case _:
                pass

    def command_ended(self, command: Command) -> None:
        """A command ended well."""
        pair = (command.host, command.role)
        match command.meaning.kind:
            case Kind.RUN if command.role:
                self._move(pair, PairState.STARTING)
                self._container(pair, command.meaning, "start", "running")
            case Kind.CURRENT if command.role and self._phases.now is Phase.BOOT:
                if pair in self._survey.before:
                    self._version_before(pair, self._survey.before[pair])
            case Kind.PROXY_DEPLOY if command.role:
                self._waits.end(WaitKind.PROXY, pair, Outcome.DONE)
                self._healthy(pair)
            case Kind.STATUS if command.role:
                self._polled = pair
            case Kind.STOP if command.role and self._is_new(command.meaning.container):
                self._container(pair, command.meaning, "stop", "exited")
            case _:
                pass

    def version_told(self, command: Command, text: str) -> None:
        """With --verbose the running version stands in the output of the command that looks for it."""
        if command.meaning.kind is Kind.CURRENT and command.role and text.strip():
            named = self._survey.names.named(text.strip())
            self._version_before((command.host, command.role), named.original if named else text.strip())

    def logged(self, text: str) -> bool:
        """A message of the boot; False for any other."""
        text = text.strip()
        if found := WAITING.fullmatch(text):
            self._wait((found["host"], found["role"]), found["gate"])
        elif found := PASSED.fullmatch(text):
            self._waits.end(WaitKind.BARRIER, (found["host"], found["role"]), Outcome.DONE)
            self._move((found["host"], found["role"]), PairState.PREPARING)
        elif found := TURNED_AWAY.fullmatch(text):
            self._turned_away((found["host"], found["role"]), found["gate"])
        elif found := OPENED.fullmatch(text):
            self._healthy((found["host"], found["gate"]))
            self._set_barrier(BarrierState.OPEN, f"{found['gate']} is healthy on {found['host']}")
        elif found := SHUT.fullmatch(text):
            self._set_barrier(BarrierState.FAILED, f"{found['gate']} failed on {found['host']}")
        elif found := FAILED_TO_BOOT.fullmatch(text):
            why = self._survey.failures.get(found["host"], "the boot failed")
            self.failed((found["host"], found["role"]), why)
        elif found := READINESS.fullmatch(text):
            self._readiness(float(found["s"]))
        elif text == HEALTHY:
            self._healthy_by_poll()
        else:
            return False
        return True

    def failed(self, pair: Pair, why: str) -> None:
        """A pair's boot failed. What is told later may say better why."""
        known = self._teller.board.pair(*pair)
        if known is not None and (known.state, known.detail) == (PairState.FAILED, why):
            return
        self._begin(pair)
        if found := GAVE_UP_AFTER.search(why):
            waited = float(found["proxy"] or found["poll"])
            self._teller.timeline.reached(self._waits.since(pair, self._teller.timeline.t - waited) + waited)
        self._waits.end_all(Outcome.FAILED, pair)
        self._move(pair, PairState.FAILED, why)
        if found := re.fullmatch(r"container not ready after .* \((?P<state>\w+)\)", why):
            state = self._teller.board.pair(*pair)
            container = self._teller.board.container_of(state) if state else None
            if container is not None:
                facts = container.facts.model_copy(update={"state": found["state"]})
                self._teller.tell(ContainerChanged(host=pair[0], role=pair[1], event="die", container=facts))

    def gates(self) -> list[str]:
        """The hosts of the role that opens the barrier."""
        return self._survey.hosts_of(self._survey.gate) if self._survey.gate else []

    def _state(self, host: str, role: str) -> PairState:
        pair = self._teller.board.pair(host, role)
        return pair.state if pair else PairState.PENDING

    def _begin(self, pair: Pair) -> None:
        if pair not in self._booting:
            self._booting[pair] = None
            self._move(pair, PairState.PREPARING)

    def _move(self, pair: Pair, state: PairState, detail: str = "") -> None:
        known = self._teller.board.pair(*pair)
        if known is None or (known.state, known.detail) != (state, detail):
            self._teller.tell(PairChanged(host=pair[0], role=pair[1], state=state, detail=detail))

    def _wait(self, pair: Pair, gate: str) -> None:
        self._begin(pair)
        named = (
            f"the first healthy {gate} container" if gate else "the first healthy container of no known role"
        )
        self._move(pair, PairState.WAITING, f"for {named}")
        hosts = self.gates()
        owner = f"{gate} on {', '.join(hosts)}" if hosts else "nobody that the log names"
        self._waits.begin(WaitKind.BARRIER, pair, named, owner, NO_LIMIT)
        state, reason = self._barrier or (BarrierState.CLOSED, "")
        self._set_barrier(state, reason)

    def _turned_away(self, pair: Pair, gate: str) -> None:
        reason = f"no {gate} container became healthy"
        self._waits.end(WaitKind.BARRIER, pair, Outcome.FAILED, reason)
        self._move(pair, PairState.HALTED, reason)

    def _set_barrier(self, state: BarrierState, reason: str) -> None:
        self._barrier = (state, reason)
        gate = self._survey.gate or ""
        final = {PairState.FAILED, PairState.HEALTHY}
        can_open = [host for host in self.gates() if self._state(host, gate) not in final]
        self._teller.tell(
            BarrierChanged(
                barrier=gate or NOBODY,
                state=state,
                can_open=tuple(can_open) if state is BarrierState.CLOSED else (),
                waiting=tuple(f"{role}@{host}" for host, role in self._waits.at_barrier()),
                reason=reason,
            )
        )

    def _check_by_proxy(self, pair: Pair, command: Command) -> None:
        self._move(pair, PairState.CHECKING, "the proxy checks its health")
        limits = command.meaning.limits or self._survey.limits
        cause = "the proxy to find the container healthy and to switch to it"
        owner = f"the app in {pair[1]} {self._survey.version}".rstrip()
        self._waits.begin(WaitKind.PROXY, pair, cause, owner, sum(limits))

    def _check(self, pair: Pair) -> None:
        self._waits.end(WaitKind.READINESS, pair, Outcome.DONE)
        self._teller.timeline.reached(self._due.pop(pair, 0.0))
        if self._state(*pair).final:
            return
        self._move(pair, PairState.CHECKING)
        owner = f"the app in {pair[1]} {self._survey.version}".rstrip()
        limit = self._survey.limits[0]
        self._waits.begin(WaitKind.HEALTH, pair, "the container to be healthy, or to run", owner, limit)

    def _readiness(self, seconds: float) -> None:
        if self._polled is None:
            return
        self._due[self._polled] = self._teller.timeline.t + seconds
        cause = f"{seconds:g} s without a restart"
        self._waits.begin(WaitKind.READINESS, self._polled, cause, "the clock", seconds)

    def _healthy_by_poll(self) -> None:
        if self._polled is not None:
            self._waits.end_all(Outcome.DONE, self._polled)
            self._healthy(self._polled)

    def _healthy(self, pair: Pair) -> None:
        self._waits.end(WaitKind.PROXY, pair, Outcome.DONE)
        self._booting.setdefault(pair)
        self._move(pair, PairState.HEALTHY, self._survey.version)

    def _stopping(self, pair: Pair, command: Command) -> None:
        """Stopping another version than the new one shows which one served before."""
        named = self._survey.names.named(command.meaning.container)
        if named is not None and not self._is_new(command.meaning.container) and pair in self._booting:
            self._version_before(pair, named.original)

    def _is_new(self, container: str) -> bool:
        named = self._survey.names.named(container)
        return named is not None and not named.replaced and named.version == self._survey.version

    def _version_before(self, pair: Pair, version: str) -> None:
        known = self._teller.board.pair(*pair)
        if known is None or known.version_before is None:
            told = _REPLACED.sub("", version)
            self._teller.tell(VersionSeen(host=pair[0], role=pair[1], version=told))

    def _container(self, pair: Pair, meaning: Meaning, event: str, state: str) -> None:
        """The log tells no ids but those of containers that the proxy is given, so the name stands for it."""
        survey, name = self._survey, meaning.container
        labels = {"service": survey.service, "role": pair[1], "destination": survey.destination}
        facts = ContainerFacts(
            id=name, name=name, image=meaning.image, state=state, version=survey.version, labels=labels
        )
        self._teller.tell(ContainerChanged(host=pair[0], role=pair[1], event=event, container=facts))
