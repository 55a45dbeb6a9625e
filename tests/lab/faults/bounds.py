"""How long a run may last at most once a fault has struck, from the deadlines that are configured for it."""

from collections.abc import Mapping
from enum import StrEnum

from backstaff.clock import Seconds
from backstaff.config.models import Config
from backstaff.engine.daemon import PING_EVERY_S
from backstaff.engine.fleet import CONNECT_TRIES
from backstaff.engine.giving_up import ABANDON_WITHIN_S
from backstaff.engine.limits import SLACK_S, pair_limit_s, stop_limit_s
from backstaff.engine.observe import VERIFY_WITHIN_S
from backstaff.engine.proxy import ANSWERS_WITHIN_S
from backstaff.kamal.stopping import stop_grace
from tests.lab.faults.phases import At

_BOOT = (At.BARRIER, At.CREATE, At.HEALTH, At.SWITCH, At.DRAIN)
_FINISH = (At.TAG, At.PRUNE)


class Course(StrEnum):
    """How a run goes on after a fault has struck."""

    TO_THE_END = "it may go through"
    FAILS = "it ends with the part in which the fault is noticed"
    CANCELLED = "it only has its end left"


def bound_s(config: Config, at: At, course: Course) -> Seconds:
    """From the strike until the run has ended: the time in which a fault is noticed, what is left of the run,
    and its end."""
    phases = list(At)
    left = phases[phases.index(at) :]
    limits = [limit for part, limit in _limits(config).items() if any(phase in part for phase in left)]
    ending = _ending_s(config)
    match course:
        case Course.TO_THE_END:
            return _noticed_s(config) + sum(limits) + ending
        case Course.FAILS:
            return _noticed_s(config) + max(limits) + ending
        case Course.CANCELLED:
            return ABANDON_WITHIN_S + ending


def _limits(config: Config) -> Mapping[tuple[At, ...], Seconds]:
    """The most that each part of a run may take where nothing is wrong with it."""
    timeouts = config.backstaff.timeouts
    web, job = config.role("web"), config.role("job")
    stop = max(stop_limit_s(config, stop_grace(config, role)) for role in (web, job))
    return {
        (At.CONNECT,): timeouts.connect * CONNECT_TRIES + timeouts.docker,
        (At.PULL,): timeouts.pull_silence,
        (At.LOCK,): timeouts.command,
        (At.PROXY_BOOT,): timeouts.docker + timeouts.command + ANSWERS_WITHIN_S,
        _BOOT: pair_limit_s(config, web) + pair_limit_s(config, job) + stop,
        _FINISH: 2 * timeouts.docker + timeouts.command,
    }


def _noticed_s(config: Config) -> Seconds:
    """How long a host, its Docker or a hook may say nothing before the run gives it up."""
    timeouts = config.backstaff.timeouts
    return max(timeouts.silence, timeouts.docker + 3 * PING_EVERY_S, timeouts.hook)


def _ending_s(config: Config) -> Seconds:
    """A failed container is stopped, the lock released, the hosts are looked at once more."""
    timeouts = config.backstaff.timeouts
    given_up = stop_limit_s(config, stop_grace(config, config.role("web")))
    return given_up + timeouts.release + VERIFY_WITHIN_S + SLACK_S
