"""What `docker create` is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.simulator.images import HealthCheck
from backstaff.simulator.restarts import RestartPolicy


@dataclass(frozen=True)
class Port:
    """A published port: `inner` of the container is `outer` at `address` of the host."""

    inner: int
    outer: int
    address: str = ""
    protocol: str = "tcp"


@dataclass(frozen=True)
class Mount:
    """A directory of the host (absolute) or a named volume, seen at `target` inside."""

    source: str
    target: str
    options: str = ""


@dataclass(frozen=True)
class Wanted:
    """A container to be. `argv` empty: the image's; `healthcheck` None: the image's; memory in bytes."""

    image: str
    name: str = ""
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    hostname: str = ""
    network: str = "bridge"
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    healthcheck: HealthCheck | None = None
    no_healthcheck: bool = False
    stop_timeout: int | None = None
    memory: int = 0
    tty: bool = False
    auto_remove: bool = False
