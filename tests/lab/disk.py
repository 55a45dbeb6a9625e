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
        write = f"dd if=/dev/zero of={_BALLAST} bs=1M oflag=append conv=notrunc 2>/dev/null"
        self.sandbox.must_sh(f"{write}; dd if=/dev/zero bs=4k of={_BALLAST}.rest 2>/dev/null; true")

    def free(self) -> None:
        """Remove the ballast."""
        self.sandbox.must_sh(f"rm -f {_BALLAST} {_BALLAST}.rest")

    @property
    def free_bytes(self) -> int:
        """How much can still be written."""
        return int(self.sandbox.must_sh("df --output=avail -B1 /var/lib/docker | tail -1"))
