"""The hosts and the project that both tools deploy, near or far, and the deploys themselves, timed."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

import backstaff
from backstaff.config.loader import load_config
from backstaff.config.models import Config
from tests.bench.peer_floor import Floor, bare_deploy
from tests.lab import Lab, LabError, LabHost
from tests.lab.commands import must, run
from tests.lab.interop.project import Project, Tool

_READINESS_DELAY_S = 1
_DRAIN_TIMEOUT_S = 3
_DEPLOY_TIMEOUT_S = 30
_PACKAGES = Path(backstaff.__file__).parents[1]
_SERVICE = "app"


def shape(hosts: int) -> tuple[int, int]:
    """How many of some hosts run the role web, and how many the role job."""
    return hosts - hosts // 2, hosts // 2


@dataclass
class Stage:
    """Some hosts of a lab, at one distance. `round_trip_ms` 0 is no relay at all; the app answers its health
    check `ready_after_s` after its start."""

    lab: Lab
    root: Path
    hosts: Mapping[str, LabHost]
    project: Project
    config: Config
    ready_after_s: int = 0
    _versions: list[str] = field(default_factory=list)

    @classmethod
    def make(cls, lab: Lab, root: Path, hosts: int, round_trip_ms: float, ready_after_s: int = 0) -> "Stage":
        """Hosts by the address at which they are reached, empty, with a project that names them."""
        chosen = lab.hosts[:hosts]
        lab.wipe()
        reached = {_address(lab, host, round_trip_ms): host for host in chosen}
        project = _project(lab, root, list(reached))
        file = project.directory / "config/deploy.yml"
        config = load_config(file, environ=project.environ, cwd=project.directory)
        stage = cls(lab, root, reached, project, config, ready_after_s)
        stage.deploy(Tool.KAMAL)
        return stage

    def deploy(self, tool: Tool) -> float:
        """Deploy a version that is new to the hosts; seconds from the start of the program to its end."""
        version = self._new_version()
        began = time.monotonic()
        self.project.must(tool, "deploy", "--skip-push", f"--version={version}")
        took = time.monotonic() - began
        self._refuse_unless_all_run(version, tool)
        return took

    def deploy_bare(self) -> Floor:
        """The same without a tool."""
        old, version = self._versions[-1], self._new_version()
        floor = bare_deploy(self.lab, self.hosts, self.config, old, version)
        self._refuse_unless_all_run(version, "the bare deploy")
        return floor

    def _new_version(self) -> str:
        version = f"v{len(self._versions) + 1}"
        mode = f"slow:{self.ready_after_s}" if self.ready_after_s else "healthy"
        self.lab.app_image(version, service=_SERVICE, mode=mode)
        self._versions.append(version)
        return version

    def _refuse_unless_all_run(self, version: str, whose: str) -> None:
        for address, host in self.hosts.items():
            wanted = {
                f"{_SERVICE}-{role.name}-{version}" for role in self.config.roles if address in role.hosts
            }
            running = set(host.docker("ps", "--format={{.Names}}").splitlines()) - {"kamal-proxy"}
            if running != wanted:
                raise LabError(f"after {whose} {host.name} runs {sorted(running)}, not {sorted(wanted)}")


def _address(lab: Lab, host: LabHost, round_trip_ms: float) -> str:
    return lab.relay(host, round_trip_ms / 2)[0] if round_trip_ms else host.address


def _project(lab: Lab, root: Path, addresses: list[str]) -> Project:
    home, directory = root / "home", root / "project"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/known_hosts").write_bytes(lab.known_hosts.read_bytes())
    (directory / "config").mkdir(parents=True)
    (directory / ".kamal").mkdir()
    text = yaml.safe_dump(_settings(lab, addresses), sort_keys=False)
    (directory / "config/deploy.yml").write_text(text)
    (directory / ".kamal/secrets").write_text("REGISTRY_PASSWORD=$LAB_PASSWORD\n")
    environ = {
        "HOME": str(home),
        "USER": "ada",
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(_PACKAGES),
        "DOCKER_HOST": lab.client_docker_host,
        "LAB_PASSWORD": lab.registry_password,
    }
    for command in (
        ("init", "--quiet"),
        ("config", "user.name", "Ada"),
        ("config", "user.email", "ada@example.test"),
        ("add", "."),
        ("commit", "--quiet", "--message", "first"),
    ):
        must(run(["git", "-C", str(directory), *command], env=environ))
    return Project(directory, environ)


def _settings(lab: Lab, addresses: list[str]) -> dict[str, object]:
    web, _ = shape(len(addresses))
    servers: dict[str, object] = {"web": {"hosts": addresses[:web]}}
    if addresses[web:]:
        servers["job"] = {"hosts": addresses[web:], "cmd": "app worker"}
    return {
        "service": _SERVICE,
        "image": _SERVICE,
        "servers": servers,
        "proxy": {"host": "app.example.com"},
        "registry": {
            "server": lab.registry,
            "username": lab.registry_user,
            "password": ["REGISTRY_PASSWORD"],
        },
        "builder": {"arch": "amd64"},
        "ssh": {"keys_only": True, "keys": [str(lab.ssh_key)]},
        "readiness_delay": _READINESS_DELAY_S,
        "deploy_timeout": _DEPLOY_TIMEOUT_S,
        "drain_timeout": _DRAIN_TIMEOUT_S,
    }
