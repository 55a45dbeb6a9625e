"""How long an old container may take to end."""

from backstaff.config.models import Config, Role

DOCKER_GRACE = 10
"""Seconds that Docker itself grants before it kills."""


def stop_grace(config: Config, role: Role) -> int | None:
    """Seconds between SIGTERM and SIGKILL; None leaves it to Docker's own 10 s.

    A proxied role has been drained by the proxy before; others get the drain timeout to finish their work.
    """
    if role.stop_timeout is not None:
        return role.stop_timeout
    return None if role.proxied else config.drain_timeout


def stop_line(config: Config, role: Role, container: str) -> str:
    """The command that ends a container of a role."""
    grace = stop_grace(config, role)
    return f"docker stop {container}" if grace is None else f"docker stop -t {grace} {container}"
