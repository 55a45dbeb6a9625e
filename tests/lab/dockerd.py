"""The Docker daemon of one sandbox."""

import signal
from dataclasses import dataclass

from tests.lab.commands import Finished, run
from tests.lab.engine import Engine
from tests.lab.errors import LabError
from tests.lab.sandbox import Sandbox
from tests.lab.waiting import wait_until

_NAME = "dockerd"
_BINARY_DIRECTORIES = "/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin"
_HIDE = """
    store=/run/lab/hidden$directory
    mkdir -p "$store/upper" "$store/work"
    mount -t overlay -o "lowerdir=$directory,upperdir=$store/upper,workdir=$store/work" overlay "$directory"
    rm -f "$directory/docker" "$directory/dockerd"
"""
_SHOW = """
    if mountpoint -q "$directory"; then umount -l "$directory"; rm -rf "/run/lab/hidden$directory"; fi
"""


@dataclass(frozen=True)
class DockerDaemon:
    """dockerd with its containerd and the containers: started, stopped, frozen, or not installed at all.

    `cgroup` is the parent of the containers' control groups, which outlive the sandbox: the lab removes them.
    """

    sandbox: Sandbox
    cgroup: str
    arguments: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """What DOCKER_HOST has to be to reach it from outside the sandbox."""
        return f"unix://{self.sandbox.run_directory}/docker.sock"

    @property
    def engine(self) -> Engine:
        """Its API."""
        return Engine(self.sandbox.run_directory / "docker.sock")

    def command(self, *arguments: str, timeout_s: float = 60.0) -> Finished:
        """Run the docker command line against it from outside, with root's client configuration in there."""
        config = self.sandbox.directory / "root" / ".docker"
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(config),
            "DOCKER_CONFIG": str(config),
        }
        return run(["docker", "--host", self.url, *arguments], env=environment, timeout_s=timeout_s)

    @property
    def running(self) -> bool:
        """Whether its process is there, frozen or not."""
        return self.sandbox.pid_of(_NAME) is not None

    def launch(self) -> None:
        """Start it without waiting for it."""
        self.sandbox.must_sh("rm -f /run/docker.pid /run/docker.sock")
        arguments = ["--exec-opt", "native.cgroupdriver=cgroupfs", f"--cgroup-parent={self.cgroup}"]
        self.sandbox.spawn(_NAME, "dockerd", *arguments, *self.arguments)

    def wait(self) -> None:
        """Return when it answers."""
        try:
            wait_until(lambda: self.engine.answers, f"docker on {self.sandbox.name}", timeout_s=60.0)
        except LabError as error:
            raise LabError(f"{error}\n{self.sandbox.log_of(_NAME)}") from error

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if not self.running:
            self.launch()
        self.wait()

    def stop(self) -> None:
        """Stop it as a shutdown does: containers end first."""
        self.thaw()
        self.sandbox.signal(_NAME, signal.SIGTERM)
        wait_until(lambda: not self.running, f"the end of docker on {self.sandbox.name}", timeout_s=60.0)

    def kill(self) -> None:
        """End the daemon with SIGKILL; containerd and the containers go on."""
        self.sandbox.signal(_NAME, signal.SIGKILL)
        wait_until(lambda: not self.running, f"the end of docker on {self.sandbox.name}")

    def freeze(self) -> None:
        """Stop its process: connections are accepted and never answered."""
        self.sandbox.signal(_NAME, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen daemon go on; nothing happens to one that runs."""
        self.sandbox.signal(_NAME, signal.SIGCONT)

    def uninstall(self) -> None:
        """Stop it and take the docker programs out of the sandbox's sight: `docker` is then not found."""
        self.stop()
        self.sandbox.must_sh(f"set -e; for directory in {_BINARY_DIRECTORIES}; do {_HIDE} done")

    def install(self) -> None:
        """Undo uninstall, and start the daemon; nothing happens when docker is there."""
        self.sandbox.must_sh(f"set -e; for directory in {_BINARY_DIRECTORIES}; do {_SHOW} done")
        self.start()
