"""The whole configuration: resolved, validated, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backstaff.config.models.accessory import Accessory
from backstaff.config.models.boot import Boot
from backstaff.config.models.builder import Builder
from backstaff.config.models.container import AssetPath, Logging
from backstaff.config.models.env import RootEnv
from backstaff.config.models.needs import SecretNeed, needs_of
from backstaff.config.models.output import HooksOutput, Output
from backstaff.config.models.proxy import Proxy, ProxyRun
from backstaff.config.models.registry import Registry
from backstaff.config.models.role import Role
from backstaff.config.models.settings import BackstaffSettings
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.config.models.values import NO_TEXTS
from backstaff.config.positions import SourceMap
from backstaff.errors import ConfigIssue


@dataclass(frozen=True)
class Config:
    """deploy.yml with its destination merged in, defaults applied and every rule checked.

    Times are whole seconds unless a name says otherwise. `roles` are sorted by name, as Kamal boots them.
    `proxy` is the root section, for reference: a role's own `proxy` is what counts. `files` are those that
    were read, base first. `sources` tells where each value was written. `warnings` are things that work
    but surely were not meant. Paths are as written, relative to the working directory.
    """

    service: str
    image: str
    registry: Registry
    builder: Builder
    destination: str | None = None
    roles: tuple[Role, ...] = ()
    primary_role: str = "web"
    accessories: tuple[Accessory, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    volumes: tuple[str, ...] = ()
    env: RootEnv = field(default_factory=RootEnv)
    proxy: Proxy = field(default_factory=Proxy)
    logging: Logging = field(default_factory=Logging)
    boot: Boot = field(default_factory=Boot)
    ssh: Ssh = field(default_factory=Ssh)
    sshkit: SshKit = field(default_factory=SshKit)
    aliases: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    output: Output = field(default_factory=Output)
    hooks_output: HooksOutput = field(default_factory=HooksOutput)
    asset_path: AssetPath | None = None
    hooks_path: str = ".kamal/hooks"
    secrets_path: str = ".kamal/secrets"
    error_pages_path: str | None = None
    retain_containers: int = 5
    readiness_delay: int = 7
    deploy_timeout: int = 30
    drain_timeout: int = 30
    stop_timeout: int | None = None
    require_destination: bool = False
    allow_empty_roles: bool = False
    minimum_version: str | None = None
    backstaff: BackstaffSettings = field(default_factory=BackstaffSettings)
    files: tuple[Path, ...] = ()
    sources: SourceMap = field(default_factory=dict, compare=False, repr=False)
    warnings: tuple[ConfigIssue, ...] = ()

    @property
    def all_hosts(self) -> tuple[str, ...]:
        """Every host once: those of the roles in role order, then those of the accessories."""
        owners: tuple[Role | Accessory, ...] = (*self.roles, *self.accessories)
        return tuple(dict.fromkeys(host for owner in owners for host in owner.hosts))

    @property
    def app_hosts(self) -> tuple[str, ...]:
        """Every host that runs a role, once, in role order."""
        return tuple(dict.fromkeys(host for role in self.roles for host in role.hosts))

    @property
    def repository(self) -> str:
        """Image name with the registry's server, if it has one, and without tag."""
        return f"{self.registry.server}/{self.image}" if self.registry.server else self.image

    @property
    def latest_tag(self) -> str:
        """Tag of the newest image of this destination."""
        return f"latest-{self.destination}" if self.destination else "latest"

    @property
    def service_with_destination(self) -> str:
        """`SERVICE` or `SERVICE-DESTINATION`, which names directories and locks on the hosts."""
        return f"{self.service}-{self.destination}" if self.destination else self.service

    def absolute_image(self, version: str) -> str:
        """Image reference of one version."""
        return f"{self.repository}:{version}"

    def role(self, name: str) -> Role:
        """The role called `name`; KeyError if there is none."""
        for role in self.roles:
            if role.name == name:
                return role
        raise KeyError(name)

    def roles_on(self, host: str) -> tuple[Role, ...]:
        """Roles that run on `host`, in role order."""
        return tuple(role for role in self.roles if host in role.hosts)

    def accessory(self, name: str) -> Accessory:
        """The accessory called `name`; KeyError if there is none."""
        for accessory in self.accessories:
            if accessory.name == name:
                return accessory
        raise KeyError(name)

    def proxy_run_for(self, host: str) -> ProxyRun | None:
        """How the proxy container on `host` is run, None where the files on the host decide."""
        owners: list[Role | Accessory] = [*self.roles_on(host)]
        owners += [accessory for accessory in self.accessories if host in accessory.hosts]
        runs = (owner.proxy.run for owner in owners if owner.proxy is not None)
        return next((run for run in runs if run is not None), None)

    def requires_secrets(self) -> tuple[SecretNeed, ...]:
        """Every secret that a deploy needs, with the place that asks for it, in order and once per place."""
        return needs_of(self)
