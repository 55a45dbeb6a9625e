"""The deploy.yml that fits a fleet."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from backstaff.simulator.spec import REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, FleetSpec


def deploy_yml(spec: FleetSpec, *, ssh_config: Path, written: Mapping[str, str] | None = None) -> str:
    """The text of a deploy.yml for the roles of `spec`. Its hosts are known by name through `ssh_config`, or
    `written` tells how each of them is to be written."""
    sections: dict[str, object] = {
        "service": spec.service,
        "image": spec.service,
        "servers": {name: _role(spec, name, written or {}) for name in spec.roles},
        "proxy": {"host": f"{spec.service}.example.com"},
        "registry": {"server": REGISTRY, "username": REGISTRY_USER, "password": REGISTRY_PASSWORD},
        "builder": {"arch": "amd64"},
        "ssh": {"config": [str(ssh_config)]},
    }
    return yaml.safe_dump({**sections, **spec.settings}, sort_keys=False)


def _role(spec: FleetSpec, name: str, written: Mapping[str, str]) -> Mapping[str, object]:
    role = spec.roles[name]
    hosts = [written.get(host, host) for host in role.hosts]
    section: dict[str, object] = {"hosts": hosts, **role.more}
    if role.mode:
        section["env"] = {"clear": {"APP_MODE": role.mode}}
    return section
