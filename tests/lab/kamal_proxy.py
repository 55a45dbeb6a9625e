"""Booting the proxy and applications on a lab host by hand, with the names that Kamal gives them."""

import json
from dataclasses import dataclass

from tests.lab.commands import Finished
from tests.lab.host import LabHost
from tests.lab.proxy_image import PROXY_TAG

_VOLUMES = (
    "--volume=kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy",
    "--volume=/root/.kamal/proxy/apps-config:/home/kamal-proxy/.apps-config",
)
NETWORK = "kamal"


@dataclass(frozen=True)
class KamalProxy:
    """The proxy container of a host."""

    host: LabHost

    def boot(self) -> None:
        """Make the network and run the proxy, published on ports 80 and 443."""
        self.host.docker("network", "create", NETWORK)
        published = ("--publish=80:80", "--publish=443:443")
        run = ("run", "--detach", "--name=kamal-proxy", f"--network={NETWORK}", "--restart=unless-stopped")
        self.host.docker(*run, *_VOLUMES, *published, PROXY_TAG)

    def run_app(self, image: str, name: str, *options: str) -> str:
        """Start a container behind no name yet; returns its short id."""
        named = (f"--name={name}", f"--network={NETWORK}", f"--env=KAMAL_CONTAINER_NAME={name}")
        return self.host.docker("run", "--detach", *named, *options, image).strip()[:12]

    def command(self, *arguments: str) -> Finished:
        """Run kamal-proxy in the container."""
        return self.host.dockerd.command("exec", "kamal-proxy", "kamal-proxy", *arguments)

    def deploy(self, service: str, target: str, *options: str) -> Finished:
        """Deploy a container, with timeouts short enough for a test unless others are given."""
        timeouts = ("--deploy-timeout=3s", "--drain-timeout=5s")
        return self.command("deploy", service, f"--target={target}", *timeouts, *options)

    def log(self) -> list[dict[str, object]]:
        """The proxy's log lines, oldest first."""
        return [json.loads(line) for line in self.host.docker("logs", "kamal-proxy").splitlines()]
