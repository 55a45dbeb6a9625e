"""A whole lab: up, down, and what a test needs to know about it."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.lab.app_image import app_image
from tests.lab.cgroups import lab_cgroup
from tests.lab.dockerd import DockerDaemon
from tests.lab.errors import LabError
from tests.lab.host import LabHost
from tests.lab.hub import Hub
from tests.lab.labdir import LabDirectory, all_labs_locked, claim
from tests.lab.network import FIRST_HOST, FIRST_RELAY, Subnet, connect_host
from tests.lab.proxy_image import proxy_archive
from tests.lab.reaper import reap_dead, take_down
from tests.lab.registry import PASSWORD, USER
from tests.lab.sandbox import Sandbox
from tests.lab.sshd import make_key

_HOST_DISK = "512m"
_HUB = "hub"


@dataclass(frozen=True)
class Lab:
    """Hosts, a registry and a Docker for the client, apart from every other lab on the machine."""

    directory: LabDirectory
    host_count: int

    @classmethod
    def up(cls, hosts: int, *, detached: bool = False) -> "Lab":
        """Bring a lab up; first takes down those whose owners have ended.

        A detached lab stays after this process, until `python -m tests.lab down --lab N`. Raises LabError.
        """
        with all_labs_locked():
            reap_dead()
            directory = claim(detached=detached)
        lab = cls(directory, hosts)
        try:
            lab._start()
        except BaseException:
            lab.down()
            raise
        return lab

    @classmethod
    def attach(cls, directory: LabDirectory) -> "Lab":
        """A lab that another process has brought up."""
        return cls(directory, len(list(directory.path.glob("h[0-9]*"))))

    def down(self) -> None:
        """End everything and leave nothing behind; may be called twice."""
        if self.directory.path.exists():
            take_down(self.directory)

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def subnet(self) -> Subnet:
        """The lab's addresses."""
        return Subnet(self.directory.number)

    @property
    def hub(self) -> Hub:
        """The registry, the client's Docker and the bridge."""
        return Hub(Sandbox(_HUB, self.directory.path / _HUB), self.subnet, lab_cgroup(self.directory.number))

    @property
    def hosts(self) -> list[LabHost]:
        """The hosts h1, h2, …"""
        return [self._host(index) for index in range(self.host_count)]

    @property
    def ssh_key(self) -> Path:
        """The private key that opens every host."""
        return self.directory.path / "key"

    @property
    def known_hosts(self) -> Path:
        """The hosts' keys."""
        return self.directory.path / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """For `ssh -F`: an alias h1, h2, … for each host."""
        return self.directory.path / "ssh_config"

    @property
    def registry(self) -> str:
        """Address of the registry, host:port."""
        return self.hub.registry.address

    @property
    def registry_user(self) -> str:
        """Login for the registry."""
        return USER

    @property
    def registry_password(self) -> str:
        """Password for the registry."""
        return PASSWORD

    @property
    def client_docker_host(self) -> str:
        """What DOCKER_HOST has to be to build and push images."""
        return self.hub.docker.url

    def app_image(
        self,
        version: str,
        *,
        service: str = "app",
        label: bool = True,
        mode: str = "healthy",
        healthcheck: bool = False,
    ) -> str:
        """Make a version of the application and push it; returns its name, registry/service:version.

        images/app/modes.go lists the modes; APP_MODE in the container's environment overrules `mode`.
        """
        image = app_image(version, service=service, label=label, mode=mode, healthcheck=healthcheck)
        return self.hub.registry.push(image, service, version)

    def pull(self, host: LabHost, image: str) -> None:
        """Pull an image of the registry on a host, without leaving a login there."""
        host.dockerd.engine.pull(image, USER, PASSWORD)

    def relay(self, host: LabHost, one_way_ms: float) -> tuple[str, int]:
        """Address and port where the host's port 22 is reached with a delay each way."""
        port = 22
        number = len(list(self.hub.sandbox.run_directory.glob("lab/relay-*.pid")))
        address = self.subnet.address(FIRST_RELAY + number)
        self.hub.relay(f"{number}", address, port, (host.address, 22), one_way_ms)
        self._write_lines(self.known_hosts, host.known_hosts_lines([address]))
        return address, port

    def trust_port(self, host: LabHost, port: int) -> None:
        """Add the host's key for another port to known_hosts."""
        self._write_lines(self.known_hosts, host.known_hosts_lines([f"[{host.address}]:{port}"]))

    def heal(self) -> None:
        """Undo every fault on every host."""
        _on_each(self.hosts, LabHost.heal)

    def wipe(self) -> None:
        """Remove what tests leave on every host."""
        _on_each(self.hosts, LabHost.wipe)

    def _host(self, index: int) -> LabHost:
        name = f"h{index + 1}"
        sandbox = Sandbox(name, self.directory.path / name)
        cgroup = f"{lab_cgroup(self.directory.number)}/{name}"
        dockerd = DockerDaemon(sandbox, cgroup, (f"--insecure-registry={self.registry}",))
        return LabHost(name, self.subnet.address(FIRST_HOST + index), sandbox, self.hub.sandbox, dockerd)

    def _start(self) -> None:
        proxy_archive()
        public_key = make_key(self.ssh_key)
        self.hub.start()

        def start(host: LabHost) -> None:
            host.sandbox.start(disk=_HOST_DISK, dns=self.hub.address)
            connect_host(self.hub.sandbox, host.sandbox, host.address)
            host.dockerd.launch()
            host.ssh.install(public_key)
            host.ssh.start()
            host.dockerd.wait()
            host.load_proxy()

        _on_each(self.hosts, start)
        self.hub.docker.wait()
        for host in self.hosts:
            self._write_lines(self.known_hosts, host.known_hosts_lines([host.address, host.name]))
        self.ssh_config.write_text(self._ssh_config())

    def _ssh_config(self) -> str:
        aliases = [f"Host {host.name}\n  HostName {host.address}\n" for host in self.hosts]
        for_all = (
            "Host *",
            "  User root",
            f"  IdentityFile {self.ssh_key}",
            "  IdentitiesOnly yes",
            "  IdentityAgent none",
            f"  UserKnownHostsFile {self.known_hosts}",
            "  GlobalKnownHostsFile none",
            "  StrictHostKeyChecking yes",
            "  LogLevel ERROR",
        )
        return "".join(aliases) + "\n".join(for_all) + "\n"

    @staticmethod
    def _write_lines(path: Path, lines: Iterable[str]) -> None:
        with path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


def _on_each(hosts: list[LabHost], work: Callable[[LabHost], None]) -> None:
    """Do the work on all hosts at once; raises LabError with every host's failure."""
    with ThreadPoolExecutor(max_workers=max(1, len(hosts))) as pool:
        outcomes = [(host, pool.submit(work, host)) for host in hosts]
    failures = [(host, error) for host, outcome in outcomes if (error := outcome.exception())]
    if failures:
        said = "\n".join(f"{host.name}: {error}" for host, error in failures)
        raise LabError(said) from failures[0][1]
