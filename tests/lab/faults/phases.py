"""The phases of a deploy in which a fault strikes: which host, and how the phase is known to be on.

A phase that is over before anything could strike is made longer by something that happens in practice too: a
registry that stalls, a lock that somebody has, requests that take long, an app that is slow to start or to
stop, a host far away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstaff.events.facts import PairState, Phase, WaitKind
from backstaff.events.types import Event, StepStarted, WaitStarted
from tests.lab.deploys.moments import Moment, begins, reaches, waits_for

LOCK_HOST, OTHER_WEB_HOST, JOB_HOST = "h1", "h2", "h3"
WEB_HOSTS = (LOCK_HOST, OTHER_WEB_HOST)
HOSTS = (*WEB_HOSTS, JOB_HOST)


class At(StrEnum):
    """A phase, as the table calls it."""

    CONNECT = "connect"
    PULL = "pull"
    LOCK = "lock"
    PROXY_BOOT = "proxy boot"
    BARRIER = "barrier wait"
    CREATE = "create"
    HEALTH = "health"
    SWITCH = "switch"
    DRAIN = "drain"
    TAG = "tag"
    PRUNE = "prune"


class Circumstance(StrEnum):
    """What makes a phase last, beside the new version's own slowness."""

    NONE = "nothing"
    STALLED_REGISTRY = "the registry stalls until the fault has struck"
    FOREIGN_LOCK = "somebody else has the lock until the fault has struck"
    STOPPED_PROXY = "the proxy does not run yet"
    LONG_REQUESTS = "requests through the proxy take 1.5 s and more"
    SLOW_TO_STOP = "the old container is in the middle of a long request, and is slow to stop"
    FAR_AWAY = "the host is 240 ms away, there and back"


@dataclass(frozen=True)
class Stage:
    """A phase in the lab: it is on from `moment`, the fault strikes `host`, the new version is in `mode`."""

    at: At
    moment: Moment
    host: str
    mode: str = "healthy"
    circumstance: Circumstance = Circumstance.NONE

    @property
    def loaded_hosts(self) -> tuple[str, ...]:
        """The web hosts on which the old version serves when the fault strikes."""
        without = self.host if self.circumstance is Circumstance.STOPPED_PROXY else ""
        return tuple(host for host in WEB_HOSTS if host != without)


def _steps(step: str, host: str) -> Moment:
    def happened(event: Event) -> bool:
        body = event.body
        return isinstance(body, StepStarted) and (body.step, body.host) == (step, host)

    return happened


def _pulls_on(host: str) -> Moment:
    def happened(event: Event) -> bool:
        body = event.body
        return isinstance(body, WaitStarted) and (body.what, body.host) == (WaitKind.PULL, host)

    return happened


def _stages(web: str) -> Mapping[At, Stage]:
    """All phases; what goes on at a web host is at this one."""
    stages = (
        Stage(At.CONNECT, begins(Phase.CONNECT), web),
        Stage(At.PULL, _pulls_on(web), web, circumstance=Circumstance.STALLED_REGISTRY),
        Stage(At.LOCK, waits_for(WaitKind.LOCK), LOCK_HOST, circumstance=Circumstance.FOREIGN_LOCK),
        Stage(At.PROXY_BOOT, _steps("start the proxy", web), web, circumstance=Circumstance.STOPPED_PROXY),
        Stage(At.BARRIER, reaches("job", PairState.WAITING, JOB_HOST), JOB_HOST, mode="slow:6"),
        Stage(At.CREATE, reaches("web", PairState.CREATING, web), web),
        Stage(At.HEALTH, reaches("web", PairState.CHECKING, web), web, mode="slow:4"),
        Stage(
            At.SWITCH,
            reaches("web", PairState.SWITCHING, web),
            web,
            mode="slow:1",
            circumstance=Circumstance.LONG_REQUESTS,
        ),
        Stage(
            At.DRAIN,
            reaches("web", PairState.STOPPING_OLD, web),
            web,
            circumstance=Circumstance.SLOW_TO_STOP,
        ),
        Stage(At.TAG, _steps("tag as latest", web), web, circumstance=Circumstance.FAR_AWAY),
        Stage(At.PRUNE, _steps("prune", web), web, circumstance=Circumstance.FAR_AWAY),
    )
    return {stage.at: stage for stage in stages}


STAGES = _stages(OTHER_WEB_HOST)
LOCK_HOST_STAGES = _stages(LOCK_HOST)
