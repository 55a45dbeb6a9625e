"""The SSH server of one host, its host key and its users."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from tests.lab.commands import must, run
from tests.lab.sandbox import Sandbox
from tests.lab.waiting import wait_until

_NAME = "sshd"
_KEY = "/etc/ssh/lab_host_key"
_CONFIG = "/etc/ssh/lab_sshd_config"
_AUTHORIZED = "/etc/ssh/lab_authorized_keys"

# In the sandbox's own process namespace every sshd is this host's: the listener, or a connection's.
_KILL_ALL = """
for comm in /proc/[0-9]*/comm; do
    [ "$(cat "$comm" 2>/dev/null)" = sshd ] || continue
    pid=${comm#/proc/}
    kill -9 "${pid%/comm}"
done
"""


@dataclass(frozen=True)
class SshSettings:
    """What a test may want of a server."""

    ports: tuple[int, ...] = (22,)
    allow_forwarding: bool = True
    max_sessions: int = 10
    authorized_keys: str = _AUTHORIZED


@dataclass(frozen=True)
class SshServer:
    """sshd in a sandbox: one listener, and a process or two for each connection."""

    sandbox: Sandbox

    def install(self, public_key: str) -> None:
        """Make the host key and let `public_key` in as root."""
        self.sandbox.must_sh(f"ssh-keygen -q -t ed25519 -N '' -C '' -f {_KEY} && cp -p {_KEY} {_KEY}.first")
        must(self.sandbox.run("tee", _AUTHORIZED, stdin=public_key))

    @property
    def public_host_key(self) -> str:
        """The host key it was installed with, as in known_hosts: type and key."""
        return " ".join(self.sandbox.must_sh(f"ssh-keygen -y -f {_KEY}.first").split()[:2])

    def logins(self) -> list[tuple[str, str]]:
        """User and address of every login so far."""
        log = (self.sandbox.run_directory / "lab" / f"{_NAME}.log").read_text(errors="replace")
        return re.findall(r"^Accepted publickey for (\S+) from (\S+)", log, re.MULTILINE)

    def start(self) -> None:
        """Start the listener unless it runs, and wait until it accepts connections."""
        if self.sandbox.pid_of(_NAME) is None:
            if self.sandbox.sh(f"test -f {_CONFIG}").returncode != 0:
                self._write(SshSettings())
            self.sandbox.spawn(_NAME, "/usr/sbin/sshd", "-D", "-e", "-f", _CONFIG)
        wait_until(self._listening, f"sshd on {self.sandbox.name}")

    def _listening(self) -> bool:
        ports = self.sandbox.must_sh(f"sed -n 's/^Port //p' {_CONFIG}").split()
        listening = self.sandbox.must_sh("ss -Hltn | awk '{print $4}'").split()
        return all(any(address.endswith(f":{port}") for address in listening) for port in ports)

    def stop_listening(self) -> None:
        """End the listener only; the connections there are go on."""
        self.sandbox.signal(_NAME, signal.SIGTERM)
        wait_until(lambda: self.sandbox.pid_of(_NAME) is None, f"the end of sshd on {self.sandbox.name}")

    def kill(self) -> None:
        """End the listener and every connection's processes."""
        self.sandbox.sh(_KILL_ALL)
        wait_until(lambda: self.sandbox.pid_of(_NAME) is None, f"the end of sshd on {self.sandbox.name}")

    def configure(self, settings: SshSettings) -> None:
        """Put settings into force for new connections."""
        self._write(settings)
        self._restart_listener()

    def change_host_key(self) -> None:
        """Present a key that nobody has seen, as a host that was set up anew does."""
        self.sandbox.must_sh(f"rm -f {_KEY} {_KEY}.pub && ssh-keygen -q -t ed25519 -N '' -C '' -f {_KEY}")
        self._restart_listener()

    def reset(self) -> None:
        """Back to the first host key and the default settings, and running; quick when that is so already."""
        default = _config(SshSettings())
        changed = self.sandbox.sh(f"cmp -s {_KEY} {_KEY}.first && cat {_CONFIG}")
        if changed.returncode != 0 or changed.stdout != default:
            self.sandbox.must_sh(f"cp -p {_KEY}.first {_KEY}")
            self._write(SshSettings())
            self.stop_listening()
        self.start()

    def add_user(self, name: str, *, docker: bool = False) -> Path:
        """Make a user for the lab's key, with `docker` in Docker's group; returns the home, from here."""
        group = "--groups docker" if docker else ""
        self.sandbox.must_sh(f"useradd --create-home --shell /bin/sh {group} {name} && usermod -p '*' {name}")
        return self.sandbox.directory / "home" / name

    def remove_users(self) -> None:
        """Remove the users that were added: those with a home."""
        self.sandbox.must_sh(
            'for home in /home/*; do [ -d "$home" ] || continue; user=${home#/home/}; '
            'userdel "$user" 2>/dev/null; rm -rf "$home"; done; true'
        )

    def _restart_listener(self) -> None:
        self.stop_listening()
        self.start()

    def _write(self, settings: SshSettings) -> None:
        must(self.sandbox.run("tee", _CONFIG, stdin=_config(settings)))


def _config(settings: SshSettings) -> str:
    forwarding = "yes" if settings.allow_forwarding else "no"
    lines = [f"Port {port}" for port in settings.ports] + [
        f"HostKey {_KEY}",
        f"AuthorizedKeysFile {settings.authorized_keys}",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "UsePAM no",
        "StrictModes no",
        "UseDNS no",
        "PrintMotd no",
        "MaxStartups 200",
        f"MaxSessions {settings.max_sessions}",
        f"AllowStreamLocalForwarding {forwarding}",
        f"AllowTcpForwarding {forwarding}",
        "Subsystem sftp internal-sftp",
    ]
    return "\n".join(lines) + "\n"


def make_key(path: Path) -> str:
    """Make a key pair at `path` and return the public key."""
    must(run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "backstaff-lab", "-f", str(path)]))
    return path.with_suffix(".pub").read_text()
