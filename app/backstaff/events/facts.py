"""The facts that events carry: containers, filters, probes, explanations. Plain data, no behaviour."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backstaff.events.bounds import Seconds, Whole


class Fact(BaseModel):
    """Base of everything inside an event: immutable, and strict about unknown fields."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class HostState(StrEnum):
    """The state of the connection to a host and of its Docker Engine."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    QUIET = "quiet"
    UNREACHABLE = "unreachable"
    LOST = "lost"


class PairState(StrEnum):
    """Where one role on one host stands."""

    PENDING = "pending"
    QUEUED = "queued"
    PULLING = "pulling"
    PREPARING = "preparing"
    WAITING = "waiting"
    CREATING = "creating"
    STARTING = "starting"
    CHECKING = "checking"
    SWITCHING = "switching"
    STOPPING_OLD = "stopping old"
    HEALTHY = "healthy"
    FAILED = "failed"
    HALTED = "halted"
    CANCELLED = "cancelled"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    NOT_ROLLED_BACK = "not rolled back"

    @property
    def final(self) -> bool:
        """True when the pair is not in the middle of anything. One that is healthy may still be rolled back
        because of others."""
        return self in {
            PairState.HEALTHY,
            PairState.FAILED,
            PairState.HALTED,
            PairState.CANCELLED,
            PairState.ROLLED_BACK,
            PairState.NOT_ROLLED_BACK,
        }


class Outcome(StrEnum):
    """How a phase, step or wait ended."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    EXPIRED = "expired"
    DOOMED = "doomed"
    CANCELLED = "cancelled"


class Phase(StrEnum):
    """The phases of a run, in their order. `ROLLBACK` is planned by none: it follows a boot that failed."""

    CONNECT = "connect"
    BUILD = "build"
    PULL = "pull"
    LOCK = "lock"
    PREPARE = "prepare"
    BOOT = "boot"
    ROLLBACK = "rollback"
    FINISH = "finish"
    VERIFY = "verify"


class WaitKind(StrEnum):
    """What kinds of things a run waits for."""

    CONNECT = "connect"
    COMMAND = "command"
    DOCKER = "docker"
    PULL = "pull"
    BUILD = "build"
    LOCK = "lock"
    HOOK = "hook"
    BARRIER = "barrier"
    START = "start"
    READINESS = "readiness"
    HEALTH = "health"
    PROXY = "proxy"
    STOP = "stop"
    PAUSE = "pause"
    ANSWER = "answer"


class BarrierState(StrEnum):
    """A barrier is closed until the first gatekeeper is healthy, or none can become so any more."""

    CLOSED = "closed"
    OPEN = "open"
    FAILED = "failed"


class LockState(StrEnum):
    """What is known of the deploy lock."""

    FREE = "free"
    HELD = "held"
    OURS = "ours"
    TAKEN_OVER = "taken over"
    RELEASED = "released"
    LEFT_BEHIND = "left behind"


class HealthProbe(Fact):
    """One run of a container's own HEALTHCHECK."""

    at: str
    exit_code: Whole
    output: str


class ContainerFacts(Fact):
    """A container as last seen. `health` is empty where the image has no HEALTHCHECK; `status` is the text
    of Docker's list (`Exited (1) 8 seconds ago`)."""

    id: str
    name: str
    image: str
    state: str
    status: str = ""
    version: str = ""
    health: str = ""
    health_log: tuple[HealthProbe, ...] = ()
    exit_code: Whole | None = None
    oom_killed: bool = False
    restarts: Whole = 0
    started_at: str = ""
    finished_at: str = ""
    error: str = ""
    labels: dict[str, str] = {}


class Dropped(Fact):
    """A container that a filter dropped, and the value that made it do so (`destination=staging`)."""

    container: str
    value: str


class FilterRow(Fact):
    """One filter of the funnel: its text, how many containers are left after it, which ones it dropped."""

    filter: str
    matched: Whole
    dropped: tuple[Dropped, ...] = ()


class Funnel(Fact):
    """The filters that find a role's container on a host, applied one after the other.

    `candidates` counts all containers on the host before the first filter. `found` are the names left."""

    host: str
    role: str
    candidates: Whole
    rows: tuple[FilterRow, ...]
    found: tuple[str, ...] = ()


class ProbeSummary(Fact):
    """What a health check said, how often in a row, and when last (seconds since the run began)."""

    url: str
    result: str
    ok: bool
    count: Whole
    last_t: Seconds


class HostEvidence(Fact):
    """What is known of one role on one host, as part of an explanation."""

    host: str
    role: str
    doing: str
    lines: tuple[str, ...] = ()
    funnel: Funnel | None = None
    output: tuple[str, ...] = ()


class Explanation(Fact):
    """Why something waits: one sentence, the evidence host by host, and what comes or can be done next."""

    sentence: str
    evidence: tuple[HostEvidence, ...] = ()
    advice: str = ""


class FailureCard(Fact):
    """Why a run failed, ready to be shown: cause first, then what proves it, the state, and the way out.

    Where hosts need different things, `fix` has a line for each of them."""

    title: str
    host: str = ""
    role: str = ""
    step: str = ""
    cause: str
    evidence: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    fix: str = ""
    retry: str = ""


class PairVerdict(Fact):
    """What a role on a host was seen to run after the end of the run.

    `serving` is the version that serves (or works); `unknown` says why nothing could be observed."""

    host: str
    role: str
    expected: str
    serving: str = ""
    agrees: bool = False
    note: str = ""
    unknown: str = ""
