"""Small configurations and containers, and a real shell to try scripts in."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from backstaff.config.models import Builder, Config, Proxy, Registry, Role

SHELLS = (("dash",), ("busybox", "sh"), ("bash", "--posix"))
"""What `sh` is on hosts: with Debian, Alpine, and Red Hat and its likes."""
TOKEN = "00112233445566778899aabb"


def a_role(name: str = "web", *hosts: str, **changes: object) -> Role:
    """A role, behind the proxy if it is called web."""
    proxy = Proxy(hosts=("app.example.com",)) if name == "web" else None
    return replace(Role(name=name, hosts=hosts or ("h1",), proxy=proxy), **changes)  # type: ignore[arg-type]


def a_config(*roles: Role, **changes: object) -> Config:
    """Service `app` from image `registry.test/me/app`, with a role web on h1 unless roles are given."""
    config = Config(
        service="app",
        image="me/app",
        registry=Registry(server="registry.test"),
        builder=Builder(arches=("amd64",)),
        roles=tuple(sorted(roles or (a_role(),), key=lambda role: role.name)),
    )
    return replace(config, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class AContainer:
    """A container as the filters see it."""

    name: str
    image: str = "registry.test/me/app:v1"
    image_id: str = "sha256:1"
    state: str = "running"
    created: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


def a_container(name: str, role: str = "web", destination: str = "", **changes: object) -> AContainer:
    """A container of service `app`."""
    labels = {"service": "app", "role": role, "destination": destination}
    return replace(AContainer(name, labels=labels), **changes)  # type: ignore[arg-type]


def run_script(
    shell: tuple[str, ...], script: str, home: Path, path: str = "/usr/bin:/bin"
) -> subprocess.CompletedProcess[str]:
    """Runs a script over standard input in `home`, the way a host does."""
    return subprocess.run(
        shell,
        input=script,
        cwd=home,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
