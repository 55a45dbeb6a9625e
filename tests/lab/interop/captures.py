"""What the real Kamal prints, captured on the lab's hosts: `python -m tests.lab.interop.captures DIRECTORY`.

Addresses of the lab are replaced by ones of no machine; nothing else is changed. What is to be seen of a
capture is told by its name in `tests/data/kamal/README.md`.
"""

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab import Lab
from tests.lab.interop.project import Project, Tool, make_project
from tests.lab.waiting import wait_until

BARRIER = b"Waiting for the first healthy"
WAITS_S = 4.0
DEPLOY = ("deploy", "--skip-push")


class Captures:
    """Runs Kamal and keeps, as one file each, what it printed on both streams."""

    def __init__(self, lab: Lab, project: Project, directory: Path) -> None:
        self._lab = lab
        self._project = project
        self._directory = directory

    def whole(self, name: str, *arguments: str, **environ: str) -> None:
        """A run up to its own end."""
        self._keep(name, self._start(arguments, environ, subprocess.PIPE).communicate()[0])

    def ended_at_barrier(self, name: str, number: signal.Signals, *arguments: str, **environ: str) -> None:
        """A run in a terminal that gets a signal a while after a role has begun to wait at the barrier."""
        terminal, inside = pty.openpty()
        process = self._start(arguments, environ, inside)
        os.close(inside)
        printed, end_at = b"", float("inf")
        while data := _read(terminal, min(end_at, time.monotonic() + 60)):
            printed += data
            if BARRIER in printed and end_at == float("inf"):
                end_at = time.monotonic() + WAITS_S
        process.send_signal(number)
        while data := _read(terminal, time.monotonic() + 10):
            printed += data
        os.close(terminal)
        process.wait()
        self._keep(name, printed)

    def ended_in_pipe(self, name: str, ready: Callable[[], bool], *arguments: str, **environ: str) -> None:
        """A run whose output goes to a pipe, killed once `ready`: what it held back is lost."""
        process = self._start(arguments, environ, subprocess.PIPE)
        try:
            wait_until(ready, "the run to come so far")
        finally:
            process.kill()
        self._keep(name, process.communicate()[0])

    def terminal(self, name: str, *arguments: str) -> None:
        """A run in a terminal, as `script` keeps it."""
        with tempfile.TemporaryDirectory() as directory:
            typescript = Path(directory, "typescript")
            command = shlex.join(["kamal", *arguments])
            beside = str(Path(Tool.KAMAL.command[0]).parent)
            environ = {**self._project.environ, "TERM": "xterm-256color"}
            environ["PATH"] = f"{beside}:{environ['PATH']}"
            subprocess.run(
                ["script", "--quiet", "--command", command, str(typescript)],
                cwd=self._project.directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            self._keep(name, typescript.read_bytes())

    def _start(
        self, arguments: tuple[str, ...], environ: dict[str, str], output: int
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*Tool.KAMAL.command, *arguments],
            cwd=self._project.directory,
            env={**self._project.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def _keep(self, name: str, printed: bytes) -> None:
        addresses = {host.address: f"10.0.0.{place}" for place, host in enumerate(self._lab.hosts, 11)}
        addresses[self._lab.registry] = "registry.example.com"
        for address, neutral in addresses.items():
            printed = printed.replace(address.encode(), neutral.encode())
        self._directory.mkdir(parents=True, exist_ok=True)
        (self._directory / name).write_bytes(printed)


def _read(terminal: int, until: float) -> bytes:
    """What a terminal shows next; nothing once nobody writes to it any more, or when the time is over."""
    if not select.select([terminal], [], [], max(0.0, until - time.monotonic()))[0]:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def capture(lab: Lab, scratch: Path, directory: Path) -> None:
    """Make all captures, one after the other on the same hosts."""
    project = make_project(lab, scratch, "logs")
    captures = Captures(lab, project, directory)
    modes = {"v1": "healthy", "v2": "healthy", "v3": "unhealthy", "v4": "slow:30", "v5": "slow:30"}
    for version, mode in modes.items():
        lab.app_image(version, service="shop", mode=mode)
    captures.whole("first-deploy.log", *DEPLOY, "--version=v1")
    captures.whole("again-in-groups.log", *DEPLOY, "--version=v1", BOOT_LIMIT="1")
    captures.whole("verbose.log", *DEPLOY, "--version=v2", "--verbose")
    captures.terminal("terminal.typescript", *DEPLOY, "--version=v1", "--skip-hooks")
    captures.whole("rollback.log", "rollback", "v2")
    captures.whole("unhealthy.log", *DEPLOY, "--version=v3", DEPLOY_TIMEOUT="3")
    captures.whole("job-exits.log", *DEPLOY, "--version=v1", JOB_CMD="false", DEPLOY_TIMEOUT="3")
    captures.whole("no-such-image.log", *DEPLOY, "--version=v9")
    captures.whole("unknown-output-setting.log", *DEPLOY, "--version=v1", LOGS_TO="logs")
    cut = (*DEPLOY, "--version=v4", "--skip-hooks")
    captures.ended_at_barrier("killed-at-barrier.log", signal.SIGKILL, *cut, DEPLOY_TIMEOUT="40")
    captures.whole("lock-held.log", *DEPLOY, "--version=v1")
    _unlock(lab)
    captures.ended_at_barrier("interrupted-at-barrier.log", signal.SIGINT, *cut, DEPLOY_TIMEOUT="40")
    _unlock(lab)
    slow = (*DEPLOY, "--version=v5", "--skip-hooks")
    captures.ended_in_pipe("killed-in-a-pipe.log", lambda: _runs(lab, 0, "shop-web-v5"), *slow)
    _unlock(lab)
    hosts = ",".join(lab.hosts[place].address for place in (3, 0, 2))
    nobody = ("app", "boot", "--version=v1", f"--hosts={hosts}")
    captures.ended_at_barrier("nobody-can-open.log", signal.SIGKILL, *nobody)
    _unlock(lab)
    lab.hosts[1].kill_sshd()
    captures.whole("unreachable.log", *DEPLOY, "--version=v1")


def _unlock(lab: Lab) -> None:
    for host in lab.hosts:
        host.sh("rm -rf .kamal/lock-*")


def _runs(lab: Lab, place: int, container: str) -> bool:
    return container in lab.hosts[place].docker("ps", "--format", "{{.Names}}").split()


def main() -> None:
    """Capture into the directory named on the command line."""
    with tempfile.TemporaryDirectory() as scratch, Lab.up(4) as lab:
        capture(lab, Path(scratch), Path(sys.argv[1]).resolve())


if __name__ == "__main__":
    main()
