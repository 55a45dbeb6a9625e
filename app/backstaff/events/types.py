"""All event types. A body says what happened; `Event` adds when and in which order.

On the wire an event is one flat JSON object: the stamp's fields (`v`, `seq`, `at`, `t`) beside the body's,
with `kind` telling the body's type. Version 1 of the format.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from backstaff.events.bounds import Seconds, Whole
from backstaff.events.facts import (
    BarrierState,
    ContainerFacts,
    Explanation,
    Fact,
    FailureCard,
    Funnel,
    HostState,
    LockState,
    Outcome,
    PairState,
    PairVerdict,
    Phase,
    ProbeSummary,
    WaitKind,
)

FORMAT_VERSION = 1


class PairPlanned(Fact):
    """A role on a host in the plan. Gatekeepers open the barrier named after their role; others wait."""

    host: str
    role: str
    group: Whole
    gatekeeper: bool
    proxied: bool


class RunStarted(Fact):
    """The first event of a run. `argv` is what followed the program's name."""

    kind: Literal["run_started"] = "run_started"
    run: str
    command: str
    service: str
    destination: str = ""
    version: str = ""
    performer: str
    tool_version: str
    config_file: str
    argv: tuple[str, ...] = ()


class PlanMade(Fact):
    """What the run will do: which hosts, which pairs in which groups, who opens the barrier.

    A group is a tuple of hosts; a pair's `group` counts from 1. `barrier` is the gatekeepers' role, empty
    where nobody waits."""

    kind: Literal["plan_made"] = "plan_made"
    hosts: tuple[str, ...]
    pairs: tuple[PairPlanned, ...]
    groups: tuple[tuple[str, ...], ...]
    phases: tuple[Phase, ...]
    barrier: str = ""
    warnings: tuple[str, ...] = ()


class PhaseStarted(Fact):
    """A phase began."""

    kind: Literal["phase_started"] = "phase_started"
    phase: Phase
    detail: str = ""


class PhaseEnded(Fact):
    """A phase ended after `took_s` seconds."""

    kind: Literal["phase_ended"] = "phase_ended"
    phase: Phase
    outcome: Outcome
    took_s: Seconds


class HostChanged(Fact):
    """The connection to a host, or its Docker Engine, changed state.

    `docker` is the engine's version and `free_disk` the bytes free where Docker keeps its data; empty and
    None leave what was known."""

    kind: Literal["host_changed"] = "host_changed"
    host: str
    state: HostState
    detail: str = ""
    docker: str = ""
    free_disk: Whole | None = None


class VersionSeen(Fact):
    """Which version of a role runs on a host before the run changes anything; empty if none does."""

    kind: Literal["version_seen"] = "version_seen"
    host: str
    role: str
    version: str


class StepStarted(Fact):
    """A step began. An empty host means the operator's machine."""

    kind: Literal["step_started"] = "step_started"
    step: str
    host: str = ""
    role: str = ""
    detail: str = ""


class StepEnded(Fact):
    """A step ended after `took_s` seconds; `detail` says what came of it or what went wrong."""

    kind: Literal["step_ended"] = "step_ended"
    step: str
    outcome: Outcome
    took_s: Seconds
    host: str = ""
    role: str = ""
    detail: str = ""


class PairChanged(Fact):
    """A role on a host moved to another state."""

    kind: Literal["pair_changed"] = "pair_changed"
    host: str
    role: str
    state: PairState
    detail: str = ""


class ContainersSeen(Fact):
    """All containers of the service on a host, as they are now; replaces what was known of that host."""

    kind: Literal["containers_seen"] = "containers_seen"
    host: str
    containers: tuple[ContainerFacts, ...]


class ContainerChanged(Fact):
    """One container changed; `event` is Docker's word for what happened (`start`, `die`, `oom` …)."""

    kind: Literal["container_changed"] = "container_changed"
    host: str
    role: str = ""
    event: str
    container: ContainerFacts


class FunnelSeen(Fact):
    """What the filters for a role's container leave on a host, filter by filter."""

    kind: Literal["funnel_seen"] = "funnel_seen"
    funnel: Funnel


class ProbeSeen(Fact):
    """The proxy's health check of a new target, folded over equal results in a row."""

    kind: Literal["probe_seen"] = "probe_seen"
    host: str
    role: str
    probe: ProbeSummary


class Output(Fact):
    """One line that a container, a hook, a build or the proxy wrote. Data: never interpret it."""

    kind: Literal["output"] = "output"
    source: Literal["container", "hook", "build", "proxy", "command"]
    text: str
    host: str = ""
    role: str = ""
    name: str = ""
    stream: str = "stdout"


class Progress(Fact):
    """How far a pull or build has come. `total` is 0 while unknown; units are bytes or build steps."""

    kind: Literal["progress"] = "progress"
    subject: Literal["pull", "build", "push"]
    host: str = ""
    current: Whole = 0
    total: Whole = 0
    text: str = ""


class WaitStarted(Fact):
    """Something waits: what for, who can end it, and how long it may last.

    `cause` completes "waits for …", or names the activity that goes on (a call, a pull, a hook);
    `owner` names who can end it.
    A limit of 0 is none: Kamal has such waits.
    With `silence` the limit counts from the last sign of life, not from the start. `quiet` waits are
    the ordinary calls to a host: shown only once they last."""

    kind: Literal["wait_started"] = "wait_started"
    wait: Whole
    what: WaitKind
    cause: str
    owner: str
    limit_s: Seconds
    host: str = ""
    role: str = ""
    silence: bool = False
    quiet: bool = False


class WaitExplained(Fact):
    """Why a wait still lasts, as of now; `left_s` seconds remain."""

    kind: Literal["wait_explained"] = "wait_explained"
    wait: Whole
    why: Explanation
    left_s: Seconds
    heartbeat: bool = False


class WaitEnded(Fact):
    """A wait ended."""

    kind: Literal["wait_ended"] = "wait_ended"
    wait: Whole
    outcome: Outcome
    took_s: Seconds
    reason: str = ""


class BarrierChanged(Fact):
    """A barrier was set up, opened, failed, or the hosts that can open it changed.

    `can_open` are hosts, `waiting` are pairs as `role@host`."""

    kind: Literal["barrier_changed"] = "barrier_changed"
    barrier: str
    state: BarrierState
    can_open: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    reason: str = ""


class LockChanged(Fact):
    """The deploy lock on `host` changed hands; `details` are its lines, `release` the exact command."""

    kind: Literal["lock_changed"] = "lock_changed"
    state: LockState
    host: str
    details: tuple[str, ...] = ()
    release: str = ""


class CommandRun(Fact):
    """A command or API call that ended; `line` is copyable shell. `status` None: it never told."""

    kind: Literal["command_run"] = "command_run"
    line: str
    took_s: Seconds
    status: Whole | None
    host: str = ""
    role: str = ""
    mutates: bool = False
    error: str = ""


class Notice(Fact):
    """Something an operator should know that is neither a state nor a failure."""

    kind: Literal["notice"] = "notice"
    level: Literal["info", "warning"]
    text: str
    host: str = ""


class Failed(Fact):
    """The run failed, and why. At most one per run."""

    kind: Literal["failed"] = "failed"
    card: FailureCard


class Verified(Fact):
    """What the hosts showed when they were observed again at the end."""

    kind: Literal["verified"] = "verified"
    pairs: tuple[PairVerdict, ...]


class RunEnded(Fact):
    """The last event of a run."""

    kind: Literal["run_ended"] = "run_ended"
    exit_code: Whole
    verdict: Literal["done", "failed", "refused", "cancelled"]
    took_s: Seconds


Body = (
    RunStarted
    | PlanMade
    | PhaseStarted
    | PhaseEnded
    | HostChanged
    | VersionSeen
    | StepStarted
    | StepEnded
    | PairChanged
    | ContainersSeen
    | ContainerChanged
    | FunnelSeen
    | ProbeSeen
    | Output
    | Progress
    | WaitStarted
    | WaitExplained
    | WaitEnded
    | BarrierChanged
    | LockChanged
    | CommandRun
    | Notice
    | Failed
    | Verified
    | RunEnded
)

BodyAdapter: TypeAdapter[Body] = TypeAdapter(
    Annotated[Body, Field(discriminator="kind")], config=ConfigDict(defer_build=True)
)


class Event(Fact):
    """A body with its stamp: order, wall time (UTC) and seconds since the run began."""

    v: int = FORMAT_VERSION
    seq: Whole
    at: datetime
    t: float
    body: Annotated[Body, Field(discriminator="kind")]

    def to_line(self) -> str:
        """One flat JSON object without a line end."""
        return _join(_STAMP.dump_json(Stamp(v=self.v, seq=self.seq, at=self.at, t=self.t)), self.body)


class Stamp(Fact):
    """When an event happened and in which order."""

    v: int
    seq: Whole
    at: datetime
    t: float


_STAMP: TypeAdapter[Stamp] = TypeAdapter(Stamp)


def _join(stamp: bytes, body: Body) -> str:
    return stamp[:-1].decode() + "," + body.model_dump_json()[1:]
