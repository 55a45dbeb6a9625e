"""Images: what a registry has, and what a host has pulled."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backstaff.clock import Seconds

PROXY_IMAGE = "basecamp/kamal-proxy:v0.9.2"


@dataclass(frozen=True)
class HealthCheck:
    """A HEALTHCHECK; its defaults are Docker's."""

    argv: tuple[str, ...]
    interval: Seconds = 30.0
    timeout: Seconds = 30.0
    retries: int = 3
    start_period: Seconds = 0.0


@dataclass(frozen=True)
class ImageConfig:
    """What an image brings to its containers. `files` are those that `docker cp` may ask for."""

    env: Mapping[str, str] = field(default_factory=dict)
    cmd: tuple[str, ...] = ("app",)
    labels: Mapping[str, str] = field(default_factory=dict)
    healthcheck: HealthCheck | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    layer_sizes: tuple[int, ...] = (31_457_280, 4_194_304)
    pull_s: Seconds = 0.4


def app_image(
    version: str,
    *,
    service: str = "app",
    mode: str = "healthy",
    healthcheck: bool = False,
    label: bool = True,
    files: Mapping[str, bytes] | None = None,
) -> ImageConfig:
    """A version of the scripted application; `apps.py` lists its modes. APP_MODE in a container's
    environment overrules `mode`."""
    return ImageConfig(
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "APP_VERSION": version, "APP_MODE": mode},
        labels={"service": service} if label else {},
        healthcheck=HealthCheck(("app", "healthcheck"), 1.0, 2.0) if healthcheck else None,
        files=files or {"/assets/shared.txt": f"{version}\n".encode()},
    )


def proxy_image() -> ImageConfig:
    """The image of kamal-proxy."""
    return ImageConfig(
        cmd=("kamal-proxy", "run"), labels={"org.opencontainers.image.title": "kamal-proxy"}, pull_s=0.2
    )


@dataclass
class Image:
    """An image on a host."""

    id: str
    config: ImageConfig
    created: datetime
    tags: set[str] = field(default_factory=set)

    @property
    def short_id(self) -> str:
        """The twelve digits that `docker images` shows."""
        return self.id.removeprefix("sha256:")[:12]


@dataclass(frozen=True)
class Published:
    """An image in a registry; pulled twice it is the same image."""

    id: str
    config: ImageConfig
    layers: tuple[str, ...]


class RegistryRefusal(Exception):
    """A registry's refusal in Docker's words, with the HTTP status that Docker passes on."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Registry:
    """All registries of a fleet. With a `password`, pulls from `server` need the login."""

    def __init__(self, server: str = "", username: str = "", password: str = "") -> None:
        self.server = server
        self.username = username
        self.password = password
        self._published: dict[str, Published] = {}

    def publish(self, name: str, config: ImageConfig) -> None:
        """Push an image as `repository:tag`."""
        layers = tuple(secrets.token_hex(6) for _ in config.layer_sizes)
        digest = hashlib.sha256(f"{name}{config}{layers}".encode()).hexdigest()
        self._published[with_tag(name)] = Published(f"sha256:{digest}", config, layers)

    def withdraw(self, name: str) -> None:
        """Make as if the image had never been pushed."""
        self._published.pop(with_tag(name), None)

    def find(self, name: str, username: str, password: str) -> Published:
        """What a pull gets. Raises `RegistryRefusal`."""
        name = with_tag(name)
        if self.password and name.startswith(f"{self.server}/"):
            self._authorize(name, username, password)
        found = self._published.get(name)
        if found is None:
            raise RegistryRefusal(404, f"manifest for {name} not found: manifest unknown: manifest unknown")
        return found

    def _authorize(self, name: str, username: str, password: str) -> None:
        if (username, password) == (self.username, self.password):
            return
        repository, _, tag = name.removeprefix(f"{self.server}/").rpartition(":")
        if username or password:
            said = f"Get http://{self.server}/v2/{repository}/manifests/{tag}: unauthorized"
        else:
            said = f"Head http://{self.server}/v2/{repository}/manifests/{tag}: no basic auth credentials"
        raise RegistryRefusal(500, said)


def with_tag(name: str) -> str:
    """A reference with its tag, `latest` where none is written."""
    return name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"
