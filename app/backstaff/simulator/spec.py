"""What a fleet consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backstaff.simulator.images import ImageConfig, app_image

REGISTRY = "registry.example.com"
REGISTRY_USER = "demo"
REGISTRY_PASSWORD = "simulated"  # noqa: S105 (opens nothing but the simulated registry)


@dataclass(frozen=True)
class RoleSpec:
    """A role of the application: where it runs, its mode (the image's own unless given; see `apps.py`), and
    further keys of its section in deploy.yml."""

    hosts: Sequence[str]
    mode: str = ""
    more: Mapping[str, object] = field(default_factory=dict)


def _usual_roles() -> dict[str, RoleSpec]:
    return {"web": RoleSpec(("h1", "h2"))}


@dataclass(frozen=True)
class FleetSpec:
    """Hosts, and what the registry has.

    `versions` are the application's modes by version, `images` further images by their full name. `settings`
    are further keys of deploy.yml. The hosts listen at `address`, on ports from `first_port` on, or on free
    ones for 0.
    """

    service: str = "demo"
    roles: Mapping[str, RoleSpec] = field(default_factory=_usual_roles)
    versions: Mapping[str, str] = field(default_factory=lambda: {"v1": "healthy", "v2": "healthy"})
    healthcheck: bool = False
    images: Mapping[str, ImageConfig] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    address: str = "127.0.0.1"
    first_port: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, in the order of the roles."""
        return tuple(dict.fromkeys(host for role in self.roles.values() for host in role.hosts))

    def image(self, version: str) -> str:
        """The full name of the application's image."""
        return f"{REGISTRY}/{self.service}:{version}"

    @property
    def published(self) -> Mapping[str, ImageConfig]:
        """All images of the registry, by name."""
        apps = {
            self.image(version): app_image(
                version, service=self.service, mode=mode, healthcheck=self.healthcheck
            )
            for version, mode in self.versions.items()
        }
        return {**apps, **self.images}


def spread_roles(count: int) -> dict[str, RoleSpec]:
    """Hosts h1, h2, …: a role web on all but the last fifth, which has a role of workers."""
    names = [f"h{number}" for number in range(1, count + 1)]
    workers = count // 5
    roles = {"web": RoleSpec(names[: count - workers])}
    if workers:
        roles["job"] = RoleSpec(names[count - workers :], "worker")
    return roles
