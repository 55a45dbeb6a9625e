"""Filling the disk that holds a host's Docker directory."""

from dataclasses import dataclass

from tests.lab.sandbox import Sandbox

_BALLAST = "/var/lib/docker/ballast"


@dataclass(frozen=True)
class DockerDisk:
    """The tmpfs over /var/lib/docker: full means a ballast file in it that takes all that was free."""

    sandbox: Sandbox

    def fill(self) -> None:
        """Leave no free block: whatever writes there gets `no space left on device`."""
        most = f"fallocate --length {self.free_bytes} {_BALLAST}"
        self.sandbox.sh(f"{most}; dd if=/dev/zero bs=4k of={_BALLAST}.rest")

    def free(self) -> None:
        """Remove the ballast."""
        self.sandbox.must_sh(f"rm -f {_BALLAST} {_BALLAST}.rest")

    @property
    def free_bytes(self) -> int:
        """How much can still be written."""
        return int(self.sandbox.must_sh("df --output=avail -B1 /var/lib/docker | tail -1"))
