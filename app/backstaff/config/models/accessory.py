"""Accessories: containers beside the app, such as databases, that deploys leave alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.config.models.container import DEFAULT_RESTART_POLICY, OptionValue
from backstaff.config.models.env import EnvVars
from backstaff.config.models.proxy import Proxy
from backstaff.config.models.registry import Registry
from backstaff.config.models.values import NO_TEXTS

DEFAULT_FILE_MODE = "755"
DEFAULT_NETWORK = "kamal"


@dataclass(frozen=True)
class AccessoryPath:
    """A local file (or a directory on the host) and where the container sees it."""

    local: str
    remote: str
    mode: str | None = None
    owner: str | None = None
    options: str | None = None


@dataclass(frozen=True)
class Accessory:
    """An accessory with its hosts worked out. `image` includes its own registry server, if it has one.

    `publish` is a `docker run --publish` value. `env` has no tags.
    """

    name: str
    service_name: str
    image: str
    hosts: tuple[str, ...]
    cmd: str | None = None
    publish: str | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    restart_policy: str = DEFAULT_RESTART_POLICY
    env: EnvVars = field(default_factory=EnvVars)
    files: tuple[AccessoryPath, ...] = ()
    directories: tuple[AccessoryPath, ...] = ()
    volumes: tuple[str, ...] = ()
    network: str = DEFAULT_NETWORK
    proxy: Proxy | None = None
    registry: Registry | None = None
