"""Docker's socket of a host as a socket on this machine: forwarded by sshd, or relayed by Docker's CLI."""

import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import asyncssh

from backstaff.errors import DockerNotRunning, DockerUnavailable, HostLost
from backstaff.hosts.dial_stdio import DialStdioRelay
from backstaff.hosts.protocol import CommandResult
from backstaff.hosts.ssh_link import Link
from backstaff.temporary import make_directory, remove

REMOTE_SOCKET = "/var/run/docker.sock"

_NOBODY_LISTENS = ("cannot connect to the docker daemon", "failed to connect to the docker api")
"""What Docker's command line says, in its older and newer versions, when no daemon has the socket open."""

_START = "start it with `systemctl start docker` and see `journalctl -u docker`"

_LOOK = """
echo "user=$(id -un)"
command -v docker >/dev/null 2>&1 && echo cli=yes
[ -S $socket ] && echo socket=yes
[ -w $socket ] && echo writable=yes
limit=$(command -v timeout >/dev/null && echo timeout 10)
answer=$($limit docker version --format '{{.Server.Version}}' 2>&1) && echo answers=yes
printf 'said=%s\\n' "$(printf '%s\\n' "$answer" | sed -n '/./{p;q;}')"
"""


LONGEST_SOCKET_PATH = 103
"""Bytes in the path of a unix socket: 107 on Linux, 103 on macOS."""
_LONGEST_NAME = len("/backstaff-xxxxxxxx.tmp/docker.sock")
_SHORT = Path("/tmp")  # noqa: S108 - the directory made in it is ours alone


class DockerSocket:
    """Opens the way to a host's Docker Engine, and finds out what blocks it."""

    def __init__(
        self,
        host: str,
        link: Link,
        run: Callable[[str], Awaitable[CommandResult]],
        another: Callable[[], Awaitable[Link]],
    ) -> None:
        self._host = host
        self._link = link
        self._run = run
        self._another = another
        self._path: Path | None = None
        self._directory: Path | None = None
        self._relay: DialStdioRelay | None = None
        self._listener: asyncssh.SSHListener | None = None

    async def open(self) -> Path:
        """The local socket's path. What comes to it is forwarded: whether sshd allows that shows when it is
        used, and to ask before would cost a round trip."""
        if self._path is None:
            # A new directory has mode 0700, so nobody else on this machine can use the socket.
            self._directory = make_directory("backstaff-", _short_enough())
            path = self._directory / "docker.sock"
            self._listener = await self._link.connection.forward_local_path(str(path), REMOTE_SOCKET)
            self._path = path
        return self._path

    async def fall_back(self) -> bool:
        """After the socket did not work: if it can not be forwarded, let Docker's command line relay it, at
        the same path; whether that was done. Raises DockerUnavailable with the reason, or HostLost."""
        if self._path is None or self._relay is not None or await self._forwarding_works():
            return False
        await self._require_dial_stdio()
        if self._listener:
            self._listener.close()
            self._listener = None
        self._relay = DialStdioRelay(self._link, self._another)
        await self._relay.start(self._path)
        return True

    async def close(self) -> None:
        """Remove the local socket and end what hangs on it."""
        if self._listener:
            # Not waited for: what still hangs on it ends with the connection.
            self._listener.close()
            self._listener = None
        if self._relay:
            await self._relay.stop()
            self._relay = None
        if self._directory:
            remove(self._directory)
            self._directory = self._path = None

    @property
    def lost(self) -> str:
        """Why the SSH connection is gone; empty while it is up."""
        observer = self._link.observer
        return (observer.end_reason or "the connection is closed") if observer.ended else ""

    async def diagnose(self, noticed: str) -> DockerUnavailable | HostLost:
        """Why Docker could not be talked to; `noticed` is what was seen of it here."""
        if self.lost:
            return HostLost(self.lost, where=self._host)
        return _unavailable(self._host, await self._look(), noticed=noticed)

    async def _forwarding_works(self) -> bool:
        try:
            _, writer = await self._link.connection.open_unix_connection(REMOTE_SOCKET, encoding=None)
        except asyncssh.ChannelOpenError:
            if self.lost:
                raise HostLost(self.lost, where=self._host) from None
            return False
        writer.close()
        return True

    async def _require_dial_stdio(self) -> None:
        found = await self._look()
        if not (found.get("answers") and found.get("cli")):
            raise _unavailable(self._host, found, noticed="")

    async def _look(self) -> dict[str, str]:
        result = await self._run(f"socket={REMOTE_SOCKET}\n{_LOOK}")
        return dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)


def _unavailable(host: str, found: Mapping[str, str], *, noticed: str) -> DockerUnavailable:
    """What the facts found on a host mean; pure."""
    if _is_down(found):
        evidence = [found.get("said") or f"there is no {REMOTE_SOCKET}"]
        return DockerNotRunning("the Docker daemon is not running", where=host, evidence=evidence, fix=_START)
    what, fix = _diagnosis(found)
    said = noticed if found.get("answers") else found.get("said", "")
    return DockerUnavailable(what, where=host, evidence=[said] if said else [], fix=fix)


def _is_down(found: Mapping[str, str]) -> bool:
    """Whether Docker is there and its daemon is not. A clean end takes the socket away, a kill leaves it."""
    if not found.get("cli") or found.get("answers"):
        return False
    said = found.get("said", "").lower()
    return not found.get("socket") or any(words in said for words in _NOBODY_LISTENS)


def _diagnosis(found: Mapping[str, str]) -> tuple[str, str]:
    """What is wrong where the daemon is not known to be down, and the way out."""
    user = found.get("user", "this user")
    if found.get("answers"):
        return "the Docker Engine broke off the connection", "it answers again now: try again"
    if not found.get("socket") and not found.get("cli"):
        return (
            "Docker is not installed",
            "install it there, for example with `curl -fsSL https://get.docker.com | sh`",
        )
    if not found.get("writable"):
        return (
            f"the user {user} may not use Docker: no permission on {REMOTE_SOCKET}",
            f"add it to the group with `sudo usermod -aG docker {user}`, or set ssh.user",
        )
    if found.get("cli"):
        return "the Docker daemon does not answer", _START
    return (
        f"sshd does not forward {REMOTE_SOCKET}, and there is no docker command for the other way",
        "allow it with `AllowStreamLocalForwarding yes` in sshd_config, or install Docker's command there",
    )


def _short_enough() -> Path | None:
    """Where to make the directory: None for the usual place, unless paths of sockets get too long there."""
    usual = len(os.fsencode(tempfile.gettempdir()))
    return _SHORT if usual + _LONGEST_NAME > LONGEST_SOCKET_PATH and _SHORT.is_dir() else None
