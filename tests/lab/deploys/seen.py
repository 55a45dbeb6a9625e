"""What a host shows: containers, files, the audit log, the lock, and the app through the proxy."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection

from tests.lab import LabHost
from tests.lab.deploys.project import SITE

_FORMAT = (
    '{"name":{{json .Name}},"state":{{json .State.Status}},"image":{{json .Config.Image}},'
    '"labels":{{json .Config.Labels}},"env":{{json .Config.Env}},"mounts":{{json .HostConfig.Binds}},'
    '"argv":{{json .Args}},"restart":{{json .HostConfig.RestartPolicy.Name}},'
    '"networks":{{json .NetworkSettings.Networks}},"started":{{json .State.StartedAt}},'
    '"finished":{{json .State.FinishedAt}}}'
)


@dataclass(frozen=True)
class SeenContainer:
    """A container as `docker inspect` shows it. `text` is the whole of what it shows."""

    name: str
    state: str
    image: str
    labels: dict[str, str]
    env: dict[str, str]
    mounts: tuple[str, ...]
    restart: str
    networks: tuple[str, ...]
    started: str
    finished: str

    @property
    def runs(self) -> bool:
        """Whether it runs."""
        return self.state == "running"


def containers(host: LabHost) -> dict[str, SeenContainer]:
    """All containers of a host by name, running or not."""
    ids = host.docker("ps", "--all", "--quiet", "--no-trunc").split()
    if not ids:
        return {}
    lines = host.docker("inspect", "--format", _FORMAT, *ids).splitlines()
    seen = [_container(line) for line in lines]
    return {each.name: each for each in seen}


def _container(line: str) -> SeenContainer:
    read = json.loads(line)
    return SeenContainer(
        name=read["name"].removeprefix("/"),
        state=read["state"],
        image=read["image"],
        labels=read["labels"] or {},
        env=dict(each.partition("=")[::2] for each in read["env"] or ()),
        mounts=tuple(read["mounts"] or ()),
        restart=read["restart"],
        networks=tuple(read["networks"]),
        started=read["started"],
        finished=read["finished"],
    )


def running(host: LabHost) -> set[str]:
    """Names of the running containers, without the proxy."""
    return {name for name, each in containers(host).items() if each.runs} - {"kamal-proxy"}


def stopped(host: LabHost) -> set[str]:
    """Names of the containers that do not run."""
    return {name for name, each in containers(host).items() if not each.runs}


def tags(host: LabHost, repository: str = "app") -> set[str]:
    """The tags of a repository's images on a host."""
    lines = host.docker("images", "--format={{.Repository}}:{{.Tag}}").splitlines()
    return {line.rpartition(":")[2] for line in lines if line.rpartition(":")[0].endswith(f"/{repository}")}


def audit(host: LabHost, name: str = "app") -> list[str]:
    """The lines of the audit log, without their times."""
    log = host.home / f".kamal/{name}-audit.log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.partition("] ")[2] for line in lines]


def locked(host: LabHost, name: str = "app") -> bool:
    """Whether the deploy lock is held, as Kamal and Backstaff see it."""
    return (host.home / f".kamal/lock-{name}").exists()


def get(host: LabHost, path: str = "/version", site: str = SITE) -> tuple[int, str]:
    """Ask the app through the host's proxy; the status and the body."""
    connection = HTTPConnection(host.address, timeout=10)
    connection.request("GET", path, headers={"Host": site})
    response = connection.getresponse()
    body = response.read().decode().strip()
    connection.close()
    return response.status, body


def everything(host: LabHost) -> str:
    """Containers, images, networks, volumes and files of a host: equal texts mean that nothing changed."""
    parts = [
        host.docker("ps", "--all", "--no-trunc", "--format={{.ID}} {{.Names}} {{.State}} {{.Image}}"),
        host.docker("images", "--all", "--no-trunc", "--format={{.ID}} {{.Repository}}:{{.Tag}}"),
        host.docker("network", "ls", "--format={{.Name}}"),
        host.docker("volume", "ls", "--format={{.Name}}"),
        host.sh("cd /root && find . -exec stat --format='%n %f %s %Y' {} + | sort").stdout,
    ]
    return "\n".join(parts)
