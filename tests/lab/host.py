"""One host of a lab: what can be run on it, what can be broken on it, and how it is made whole again."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.commands import Finished, must
from tests.lab.disk import DockerDisk
from tests.lab.dockerd import DockerDaemon
from tests.lab.network import cut_link, restore_link
from tests.lab.proxy_image import PROXY_TAG, proxy_archive
from tests.lab.sandbox import Sandbox
from tests.lab.sshd import SshServer, SshSettings


@dataclass(frozen=True)
class LabHost:
    """A server with sshd and Docker. Every fault stays until it is undone or `heal` is called."""

    name: str
    address: str
    sandbox: Sandbox
    hub: Sandbox
    dockerd: DockerDaemon

    @property
    def home(self) -> Path:
        """Root's home directory on the host, as seen from this machine."""
        return self.sandbox.directory / "root"

    @property
    def docker_host(self) -> str:
        """What DOCKER_HOST has to be to reach the host's Docker from this machine."""
        return self.dockerd.url

    @property
    def ssh(self) -> SshServer:
        """The host's SSH server."""
        return SshServer(self.sandbox)

    @property
    def disk(self) -> DockerDisk:
        """The disk under /var/lib/docker: a tmpfs of 512 MB."""
        return DockerDisk(self.sandbox)

    def sh(self, command: str, *, timeout_s: float = 60.0) -> Finished:
        """Run a shell command on the host as root, without SSH."""
        return self.sandbox.sh(command, timeout_s=timeout_s)

    def docker(self, *arguments: str, timeout_s: float = 60.0) -> str:
        """Run the docker command line for the host; returns its output, raises LabError when it fails."""
        return must(self.dockerd.command(*arguments, timeout_s=timeout_s))

    def freeze_docker(self) -> None:
        """Docker accepts connections and answers nothing; containers go on."""
        self.dockerd.freeze()

    def thaw_docker(self) -> None:
        """Undo freeze_docker."""
        self.dockerd.thaw()

    def stop_docker(self) -> None:
        """Shut Docker down, containers first."""
        self.dockerd.stop()

    def start_docker(self) -> None:
        """Start Docker, and with it the containers whose restart policy says so."""
        self.dockerd.start()

    def restart_docker(self) -> None:
        """Shut Docker down and start it again."""
        self.dockerd.stop()
        self.dockerd.start()

    def remove_docker(self) -> None:
        """Make it a host without Docker: no daemon, and `docker` is not found."""
        self.dockerd.uninstall()

    def install_docker(self) -> None:
        """Undo remove_docker."""
        self.dockerd.install()

    def cut_link(self) -> None:
        """Cut the host off: packets are lost, connections stay open and silent."""
        cut_link(self.hub, self.name)

    def restore_link(self) -> None:
        """Undo cut_link."""
        restore_link(self.hub, self.name, self.address)

    def admit_ssh_from(self, *addresses: str) -> None:
        """Drop what comes to port 22 from anywhere else, as a firewall does."""
        admitted = [f"-s {address} -j ACCEPT" for address in addresses]
        rules = [f"iptables -w -A INPUT -p tcp --dport 22 {rule}" for rule in [*admitted, "-j DROP"]]
        self.sandbox.must_sh(" && ".join(rules))

    def kill_sshd(self) -> None:
        """End sshd and every connection: new ones are refused, those there were are closed."""
        self.ssh.kill()

    def start_sshd(self) -> None:
        """Undo kill_sshd."""
        self.ssh.start()

    def configure_sshd(self, settings: SshSettings) -> None:
        """Change ports, forwarding or session limits for new connections."""
        self.ssh.configure(settings)

    def change_host_key(self) -> None:
        """Present another host key than the one in the lab's known_hosts."""
        self.ssh.change_host_key()

    def add_user(self, name: str, *, docker: bool = False) -> Path:
        """Add a user for the lab's key, who may use Docker or not; returns the home, as seen from here."""
        return self.ssh.add_user(name, docker=docker)

    def fill_disk(self) -> None:
        """Fill the disk under /var/lib/docker to the last block with a ballast file."""
        self.disk.fill()

    def free_disk(self) -> None:
        """Undo fill_disk."""
        self.disk.free()

    def heal(self) -> None:
        """Undo every fault; quick when there is none."""
        self.restore_link()
        self.sandbox.must_sh("iptables -w -F INPUT")
        self.thaw_docker()
        self.free_disk()
        self.install_docker()
        self.ssh.reset()
        self.ssh.remove_users()

    def wipe(self) -> None:
        """Remove what tests leave: containers, networks, volumes, images but the proxy's, files at home."""
        engine = self.dockerd.engine
        engine.remove_containers()
        engine.remove_networks()
        engine.remove_volumes()
        engine.remove_images(but=PROXY_TAG)
        self.load_proxy()
        self.sandbox.must_sh("find /root /tmp -mindepth 1 -delete")

    def load_proxy(self) -> None:
        """Load the proxy image unless it is there."""
        if not self.dockerd.engine.has_image(PROXY_TAG):
            self.dockerd.engine.load(proxy_archive())

    def known_hosts_lines(self, addresses: Iterable[str]) -> list[str]:
        """Lines of known_hosts that name this host by these addresses."""
        return [f"{address} {self.ssh.public_host_key}" for address in addresses]
