"""The parts of a Board: one small frozen value each, replaced as a whole when an event changes it.

Times named `…_t` are seconds since the run began, as in the events; durations end in `_s`.
"""

from dataclasses import dataclass, field

from backstaff.events.facts import (
    BarrierState,
    ContainerFacts,
    Explanation,
    HostState,
    Outcome,
    PairState,
    Phase,
    ProbeSummary,
)
from backstaff.events.types import WaitStarted

TAIL_LINES = 50
KEPT_COMMANDS = 200
KEPT_NOTICES = 100
KEPT_PROBES = 8
KEPT_FAILED_STEPS = 50


def pair_key(host: str, role: str) -> str:
    """How a role on a host is named on a Board and for people: `job@h3`."""
    return f"{role}@{host}"


@dataclass(frozen=True)
class PhaseView:
    """A phase of the run. `outcome` is None while it goes on."""

    phase: Phase
    since_t: float
    detail: str = ""
    outcome: Outcome | None = None
    took_s: float = 0.0


@dataclass(frozen=True)
class HostView:
    """A host: its connection and its Docker Engine. `free_disk` is in bytes, None while unknown."""

    name: str
    state: HostState = HostState.UNKNOWN
    since_t: float = 0.0
    detail: str = ""
    docker: str = ""
    free_disk: int | None = None


@dataclass(frozen=True)
class PairView:
    """A role on a host.

    `version_before` is None until it was looked up and empty where nothing ran. `step` is the innermost
    step going on, `container` the id of the container that this run made for the pair."""

    host: str
    role: str
    group: int = 0
    gatekeeper: bool = False
    proxied: bool = False
    state: PairState = PairState.PENDING
    since_t: float = 0.0
    detail: str = ""
    step: str = ""
    step_since_t: float = 0.0
    version_before: str | None = None
    container: str = ""

    @property
    def key(self) -> str:
        """The pair's key on the Board."""
        return pair_key(self.host, self.role)


@dataclass(frozen=True)
class ContainerView:
    """A container as last seen, and since when it is in its state; None if it was so when first seen."""

    facts: ContainerFacts
    role: str = ""
    since_t: float | None = None


@dataclass(frozen=True)
class StepView:
    """A step that goes on. An empty host means the operator's machine."""

    step: str
    host: str
    role: str
    since_t: float
    detail: str = ""


@dataclass(frozen=True)
class FailedStep:
    """A step that ended badly, and what it said."""

    step: str
    host: str
    role: str
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True)
class ProgressView:
    """How far a pull or build has come, and when it last said so."""

    subject: str
    host: str
    current: int
    total: int
    text: str
    at_t: float


@dataclass(frozen=True)
class WaitView:
    """A wait that goes on, with its latest explanation."""

    start: WaitStarted
    since_t: float
    why: Explanation | None = None
    told_t: float = 0.0
    told_left_s: float = 0.0

    def elapsed_s(self, now_t: float) -> float:
        """How long it lasts already."""
        return max(0.0, now_t - self.since_t)

    def left_s(self, now_t: float) -> float:
        """How long it may still last. Signs of life since the last explanation are not yet counted in."""
        if self.why is not None:
            return max(0.0, self.told_left_s - (now_t - self.told_t))
        return max(0.0, self.start.limit_s - self.elapsed_s(now_t))


@dataclass(frozen=True)
class BarrierView:
    """A barrier: `can_open` are hosts, `waiting` are pair keys."""

    name: str
    state: BarrierState
    since_t: float
    can_open: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class NoticeView:
    """Something an operator should know."""

    at_t: float
    level: str
    text: str
    host: str = ""


@dataclass(frozen=True)
class OutputLine:
    """One line of output. Data of unknown origin: make it inert before it is shown."""

    at_t: float
    text: str
    stream: str
    name: str = ""


@dataclass
class OutputTail:
    """The last lines of one source, and how many there were in all."""

    lines: list[OutputLine] = field(default_factory=list)
    total: int = 0

    def add(self, line: OutputLine) -> None:
        """Append a line; the oldest goes when there are too many."""
        self.lines.append(line)
        del self.lines[:-TAIL_LINES]
        self.total += 1


Probes = tuple[ProbeSummary, ...]
