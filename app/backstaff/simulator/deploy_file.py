"""The deploy.yml that fits a fleet."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from backstaff.simulator.spec import REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, FleetSpec


def deploy_yml(spec: FleetSpec, *, ssh_config: Path) -> str:
    """The text of a deploy.yml for the roles of `spec`; its hosts are known by name through `ssh_config`."""
    written: dict[str, object] = {
        "service": spec.service,
        "image": spec.service,
        "servers": {name: _role(spec, name) for name in spec.roles},
        "proxy": {"host": f"{spec.service}.example.com"},
        "registry": {"server": REGISTRY, "username": REGISTRY_USER, "password": REGISTRY_PASSWORD},
        "builder": {"arch": "amd64"},
        "ssh": {"config": [str(ssh_config)]},
    }
    return yaml.safe_dump({**written, **spec.settings}, sort_keys=False)


def _role(spec: FleetSpec, name: str) -> Mapping[str, object]:
    role = spec.roles[name]
    section: dict[str, object] = {"hosts": list(role.hosts), **role.more}
    if role.mode:
        section["env"] = {"clear": {"APP_MODE": role.mode}}
    return section
