"""How long things may take at most, where a limit is the sum of others."""

from backstaff.clock import Seconds
from backstaff.config.models import Config, Role
from backstaff.kamal.stopping import DOCKER_GRACE, stop_grace
from backstaff.plan.probes import ProxyProbe, probe_of

SLACK_S: Seconds = 10
"""What waits may overrun whose limit is not to be what ends them: time itself has to pass (with hundreds of
hosts our own loop is late), or somebody else has the better reason."""

GIVEN_UP_GRACE_S = 10
"""A container that never served has nothing to finish, whatever its stop timeout says."""


def proof_limit_s(config: Config, role: Role) -> Seconds:
    """From a container's start until it is healthy and, behind the proxy, has all the traffic."""
    probe = probe_of(config, role)
    if isinstance(probe, ProxyProbe):
        return probe.deploy_timeout + probe.drain_timeout + config.backstaff.timeouts.proxy_grace
    return probe.deploy_timeout + probe.readiness_delay


def pair_limit_s(config: Config, role: Role) -> Seconds:
    """From the clash check of a role on a host until it is healthy."""
    timeouts = config.backstaff.timeouts
    looks = 2 * timeouts.docker
    return looks + timeouts.command + timeouts.start + proof_limit_s(config, role)


def stop_limit_s(config: Config, grace_s: int | None) -> Seconds:
    """For a container to stop: its grace, or Docker's own 10 s, and what Docker needs to kill it."""
    return (DOCKER_GRACE if grace_s is None else grace_s) + config.backstaff.timeouts.stop_grace


def given_up_grace_s(config: Config, role: Role) -> int:
    """The grace of a container that did not make it."""
    grace = stop_grace(config, role)
    return GIVEN_UP_GRACE_S if grace is None else min(grace, GIVEN_UP_GRACE_S)
