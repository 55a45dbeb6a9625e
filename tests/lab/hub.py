"""What a lab has besides hosts: the bridge, the registry, a name server, relays, the client's Docker."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.lab.dockerd import DockerDaemon
from tests.lab.network import HUB, Subnet, add_address, connect_hub
from tests.lab.registry import Registry
from tests.lab.sandbox import Sandbox
from tests.lab.waiting import wait_until

_REGISTRY_PORT = 5000
_DISK = "2g"


@dataclass(frozen=True)
class Hub:
    """The sandbox in the middle of a lab. Started before the hosts, which are connected to its bridge."""

    sandbox: Sandbox
    subnet: Subnet
    cgroup: str

    @property
    def address(self) -> str:
        """The first address of the subnet."""
        return self.subnet.address(HUB)

    @property
    def registry(self) -> Registry:
        """The image registry."""
        return Registry(self.sandbox, f"{self.address}:{_REGISTRY_PORT}")

    @property
    def docker(self) -> DockerDaemon:
        """The client's Docker. It leaves the firewall alone, for the hosts' bridge is in this namespace."""
        insecure = f"--insecure-registry={self.registry.address}"
        return DockerDaemon(
            self.sandbox, f"{self.cgroup}/{self.sandbox.name}", (insecure, "--iptables=false")
        )

    def start(self) -> None:
        """Start the sandbox with everything in it; Docker is only launched, for hosts do not need it."""
        self.sandbox.start(disk=_DISK, dns=self.address)
        connect_hub(self.sandbox, self.subnet)
        self._program("nameserver", self.address)
        self.docker.launch()
        self.registry.start()

    def relay(self, name: str, address: str, port: int, to: tuple[str, int], one_way_ms: float) -> None:
        """Give the hub another address, and start a relay on it."""
        add_address(self.sandbox, address)
        self._program(f"relay-{name}", address, str(port), to[0], str(to[1]), str(one_way_ms), module="relay")
        listening = f"ss -Hltn src {address}:{port} | grep -q ."
        wait_until(lambda: self.sandbox.sh(listening).returncode == 0, f"the relay on {address}:{port}")

    def _program(self, name: str, *arguments: str, module: str = "") -> None:
        # The sandbox may not see this checkout, so these two run with the files of the machine.
        script = Path(__file__).with_name(f"{module or name}.py")
        self.sandbox.spawn(name, sys.executable, "-I", str(script), *arguments, files=False)
