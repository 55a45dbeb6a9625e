"""The table: every fault, what it does in each phase, and how the run then has to end."""

import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tests.lab.faults import strikes
from tests.lab.faults.bounds import Course
from tests.lab.faults.phases import LOCK_HOST_STAGES, STAGES, At, Stage
from tests.lab.faults.strikes import Strike


@dataclass(frozen=True)
class Ends:
    """How a run ends: its exit code (one of them, where it depends on moments too short to hit) and what its
    failure card says, as a regular expression. `anywhere`: the cause lies with no host. `breaks_traffic`:
    requests to the struck host fail whatever a deploy does."""

    codes: tuple[int, ...]
    cause: str = ""
    anywhere: bool = False
    breaks_traffic: bool = False


@dataclass(frozen=True)
class NotApplicable:
    """Why a fault has no meaning in a phase."""

    reason: str


@dataclass(frozen=True)
class Fault:
    """One fault. It strikes during a run, or comes with what is deployed, the settings or the hooks.

    `breaks_traffic`: requests fail in all phases, see `Ends`. `keeps`: what makes the phase last goes on
    until the run has ended. `cuts_off`: the host can not be reached any more. In the first phase a host's
    fault is there before the run begins, unless it is `soon_over`. `on_lock_host`: what has to do with a web
    host is done to the one that keeps the deploy lock. `takes_down`: the old version may not serve once the
    fault itself is mended."""

    name: str
    ends: Mapping[At, Ends | NotApplicable]
    strike: Strike = strikes.nothing
    breaks_traffic: bool = False
    keeps: bool = False
    by_client: bool = False
    cuts_off: bool = False
    soon_over: bool = False
    on_lock_host: bool = False
    takes_down: bool = False
    in_terminal: bool = False
    clock_s: float = 0.0
    mode: str = ""
    labelled: bool = True
    timeouts: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    hooks: Mapping[At, tuple[str, str]] = field(default_factory=dict)

    @property
    def strikes_at_moment(self) -> bool:
        """Whether the moment matters, or the fault is there from the start."""
        return self.strike is not strikes.nothing

    @property
    def kills_client(self) -> bool:
        """Whether the run has no chance to tidy up."""
        return any(isinstance(each, Ends) and -signal.SIGKILL in each.codes for each in self.ends.values())

    @property
    def mended_by_retry(self) -> bool:
        """Whether the same version can be deployed once the fault is mended: the image itself is good."""
        return self.labelled and not self.mode


@dataclass(frozen=True)
class Case:
    """A fault in a phase."""

    fault: Fault
    at: At
    ends: Ends

    @property
    def stage(self) -> Stage:
        """The phase, and the host that the fault strikes."""
        return (LOCK_HOST_STAGES if self.fault.on_lock_host else STAGES)[self.at]

    @property
    def breaks_traffic(self) -> bool:
        """Whether requests to the struck host fail whatever a deploy does."""
        return self.fault.breaks_traffic or self.ends.breaks_traffic

    @property
    def course(self) -> Course:
        """How the run goes on."""
        if self.fault.by_client:
            return Course.CANCELLED
        return Course.TO_THE_END if 0 in self.ends.codes else Course.FAILS

    @property
    def name(self) -> str:
        """For tests and tables."""
        return f"{self.fault.name}-{self.at}".replace(" ", "-")


def _in(phases: Iterable[At], ends: Ends) -> dict[At, Ends | NotApplicable]:
    return dict.fromkeys(phases, ends)


def _not_in(phases: Iterable[At], reason: str) -> dict[At, Ends | NotApplicable]:
    return dict.fromkeys(phases, NotApplicable(reason))


def _only(ends: Mapping[At, Ends], reason: str) -> dict[At, Ends | NotApplicable]:
    return {**_not_in(At, reason), **ends}


def _fails(cause: str, *codes: int, anywhere: bool = False) -> Ends:
    return Ends(codes or (1,), cause, anywhere)


_DONE = Ends((0,))
_LOST = _fails("the connection was lost")
_FROZEN = _fails("Docker (does not answer|has not answered)")
_RESTARTED = _fails("Docker restarted during|the Docker daemon is not running")
_DISK_FULL = _fails("the disk of the host is full|no space left on device")
_HOOKS = {
    At.CONNECT: "pre-connect",
    At.LOCK: "pre-deploy",
    At.CREATE: "pre-app-boot",
    At.DRAIN: "post-app-boot",
    At.PRUNE: "post-deploy",
}
_ALL_THE_TIME = "it is wrong all the time, so it is tried once, with an app that is slow to become healthy"
_NO_REGISTRY = "nothing is asked of the registry in this phase"
_NO_HOOK = "no hook runs in this phase"
_NO_LOCK = "the lock is not held in this phase, or its host does not take part in it"
_LOCK_HELD = (At.PROXY_BOOT, At.CREATE, At.HEALTH, At.SWITCH, At.DRAIN, At.TAG, At.PRUNE)
_NEW_VERSION = "it comes with the new version, whose container does not run yet, or is proven already"


def _hook_faults(name: str, script: str, cause: str, timeouts: Mapping[str, float]) -> Fault:
    ends = {at: _fails(f"hook {hook}:? {cause}", anywhere=True) for at, hook in _HOOKS.items()}
    return Fault(
        name,
        _only(ends, _NO_HOOK),
        hooks={at: (hook, script) for at, hook in _HOOKS.items()},
        timeouts=timeouts,
    )


def _signalled(name: str, strike: Strike, code: int, cause: str, *, in_terminal: bool = False) -> Fault:
    ends = Ends((code,), cause, anywhere=True)
    return Fault(name, _in(At, ends), strike=strike, by_client=True, in_terminal=in_terminal)


def _on_lock_host(fault: Fault) -> Fault:
    """A fault of a web host that strikes the host of our own lock while we hold it."""
    ends = {at: fault.ends[at] if at in _LOCK_HELD else NotApplicable(_NO_LOCK) for at in At}
    return replace(fault, name=f"{fault.name} (lock host)", ends=ends, on_lock_host=True)


_STRIKES_LOCK_HOST = ("docker frozen", "link cut for 5 s", "link cut", "sshd killed")
_FAULTS: tuple[Fault, ...] = (
    Fault(
        "docker frozen",
        # The proxy asks Docker for the new container's address when it opens connections to it.
        {**_in(At, _FROZEN), **_in((At.SWITCH, At.DRAIN), replace(_FROZEN, breaks_traffic=True))},
        strike=strikes.freeze_docker,
    ),
    Fault(
        "docker restarted",
        {
            **_in(At, _RESTARTED),
            **_in((At.LOCK, At.BARRIER), _DONE),
            # What is cut off by the restart may be all that was left to be done.
            **_in((At.SWITCH, At.DRAIN, At.TAG, At.PRUNE), replace(_RESTARTED, codes=(0, 1))),
            # And here it may be over before anything is asked of it.
            At.CONNECT: replace(_RESTARTED, codes=(0, 1)),
        },
        strike=strikes.restart_docker,
        takes_down=True,
        soon_over=True,
        breaks_traffic=True,
        timeouts={"docker": 12},
    ),
    Fault(
        "link cut for 5 s",
        _in(At, _DONE),
        strike=strikes.cut_link_for_a_while,
        breaks_traffic=True,
        timeouts={"silence": 12, "docker": 12, "connect": 8},
    ),
    Fault(
        "link cut",
        {**_in(At, _LOST), At.CONNECT: _fails("no answer from port 22", 4)},
        strike=strikes.cut_link,
        cuts_off=True,
        breaks_traffic=True,
    ),
    Fault(
        "sshd killed",
        {**_in(At, _LOST), At.CONNECT: _fails("port 22 refuses connections", 4)},
        strike=strikes.kill_sshd,
        cuts_off=True,
    ),
    Fault(
        "disk full",
        {
            **_in(At, _DISK_FULL),
            # A disk takes a moment to fill; the tag, written beside the pruning, may be there by then.
            **_in((At.TAG, At.PRUNE), replace(_DISK_FULL, codes=(0, 1))),
        },
        strike=strikes.fill_disk,
    ),
    Fault(
        "registry gone",
        _only({At.PULL: _fails("the registry at .* refuses connections", anywhere=True)}, _NO_REGISTRY),
        strike=strikes.end_registry,
    ),
    Fault(
        "registry slow",
        _only({At.PULL: _DONE}, _NO_REGISTRY),
        strike=strikes.let_registry_stall,
    ),
    Fault(
        "registry hung",
        _only({At.PULL: _fails("without a sign of life", anywhere=True)}, _NO_REGISTRY),
        keeps=True,
        timeouts={"pull_silence": 4},
    ),
    Fault(
        "proxy killed",
        {
            **_in(At, _fails("kamal-proxy (does not run|is not running|ended)")),
            **_in((At.CONNECT, At.PULL, At.LOCK), _DONE),
            **_not_in((At.BARRIER,), "no proxy has to do with the host of a role that waits"),
        },
        strike=strikes.kill_proxy,
        takes_down=True,
        breaks_traffic=True,
    ),
    Fault(
        "app never healthy",
        _only({At.HEALTH: _fails("web answered 500 on GET /up")}, _NEW_VERSION),
        mode="unhealthy",
        settings={"deploy_timeout": 4},
    ),
    Fault(
        "wrong port",
        _only({At.HEALTH: _fails("nothing listens on port 80: connection refused")}, _NEW_VERSION),
        mode="wrong-port",
        settings={"deploy_timeout": 4},
    ),
    Fault(
        "app crashing once healthy",
        {
            **_not_in(At, _NEW_VERSION),
            **_in((At.SWITCH, At.DRAIN, At.TAG, At.PRUNE), _fails("exited|ended|restart|does not run", 0, 1)),
        },
        strike=strikes.crash_app,
        takes_down=True,
        breaks_traffic=True,
    ),
    Fault(
        "wrong label",
        _only({At.CREATE: _fails("no filter finds the new container")}, "labels are set by create alone"),
        settings={"labels": {"role": "webb"}},
    ),
    Fault(
        "image without service label",
        _only({At.PULL: _fails("is missing the `service` label")}, "the image is looked at once it is there"),
        labelled=False,
    ),
    _hook_faults("hook failing", 'echo "not today"\nexit 7', "ended with status 7", {}),
    _hook_faults("hook hanging", "sleep 600", "gave up after 2 s", {"hook": 2}),
    Fault("clock an hour ahead", _only({At.HEALTH: _DONE}, _ALL_THE_TIME), clock_s=3600),
    Fault("clock an hour behind", _only({At.HEALTH: _DONE}, _ALL_THE_TIME), clock_s=-3600),
    _signalled("SIGINT", strikes.send(signal.SIGINT), 130, "the run was interrupted"),
    _signalled("SIGTERM", strikes.send(signal.SIGTERM), 143, "the run was terminated"),
    _signalled("SIGHUP", strikes.send(signal.SIGHUP), 129, "because the terminal closed"),
    _signalled("SIGKILL", strikes.send(signal.SIGKILL), -signal.SIGKILL, ""),
    _signalled("terminal closed", strikes.hang_up, 129, "because the terminal closed", in_terminal=True),
)

FAULTS = (*_FAULTS, *(_on_lock_host(each) for each in _FAULTS if each.name in _STRIKES_LOCK_HOST))


def cases() -> tuple[Case, ...]:
    """Every fault in every phase in which it means something."""
    return tuple(
        Case(fault, at, ends) for fault in FAULTS for at in At if isinstance(ends := fault.ends[at], Ends)
    )


def case(fault: str, at: At) -> Case:
    """One of the cases; KeyError if there is no such one."""
    return {(each.fault.name, each.at): each for each in cases()}[fault, at]
