"""How a new container is proved to be healthy, and for how long one waits for that."""

from dataclasses import dataclass

from backstaff.clock import Seconds
from backstaff.config.models import Config, Role

_PROXY_INTERVAL: Seconds = 1.0
_PROXY_PATH = "/up"


@dataclass(frozen=True)
class ProxyProbe:
    """The proxy requests `path` every `interval` until it answers with 2xx, for `deploy_timeout` at most.

    Then it switches, and the old container has `drain_timeout` to answer what it has begun.
    """

    path: str
    port: int
    interval: Seconds
    deploy_timeout: Seconds
    drain_timeout: Seconds

    def __str__(self) -> str:
        return (
            f"GET :{self.port}{self.path} every {self.interval:g} s for up to {self.deploy_timeout:g} s, "
            f"then drain for up to {self.drain_timeout:g} s"
        )


@dataclass(frozen=True)
class StateProbe:
    """The container's own HEALTHCHECK must say healthy; without one it must run for `readiness_delay`."""

    deploy_timeout: Seconds
    readiness_delay: Seconds

    def __str__(self) -> str:
        return (
            f"HEALTHCHECK healthy within {self.deploy_timeout:g} s, "
            f"or without one still running after {self.readiness_delay:g} s"
        )


Probe = ProxyProbe | StateProbe


def probe_of(config: Config, role: Role) -> Probe:
    """How containers of a role are probed; what deploy.yml leaves open is the proxy's own default."""
    if role.proxy is None:
        return StateProbe(float(config.deploy_timeout), float(config.readiness_delay))
    check = role.proxy.healthcheck
    return ProxyProbe(
        path=check.path or _PROXY_PATH,
        port=role.proxy.app_port,
        interval=_PROXY_INTERVAL if check.interval is None else float(check.interval),
        deploy_timeout=float(config.deploy_timeout),
        drain_timeout=float(config.drain_timeout),
    )
