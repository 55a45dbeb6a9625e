"""A set of Linux namespaces with an init of its own: what makes a part of this machine a host."""

import shlex
import signal
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.lab.commands import Finished, must, run
from tests.lab.errors import LabError
from tests.lab.processes import ProcessRecord, children
from tests.lab.waiting import wait_until

_SETUP = Path(__file__).with_name("sandbox.sh")
_ENVIRONMENT = {
    "HOME": "/root",
    "USER": "root",
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
_RECORD_THEN_EXEC = 'record=$1; shift; cat "/proc/$$/stat" >"$record" && exec "$@"'
_ORPHANED = 'log=$1; shift; setsid "$@" </dev/null >"$log" 2>&1 &'
_IN_BACKGROUND = 'name=$1; shift; "$@" </dev/null >>"/run/lab/$name.log" 2>&1 & echo $! >"/run/lab/$name.pid"'


@dataclass(frozen=True)
class Sandbox:
    """Mount, network, process, host name and IPC namespaces, and the directory that keeps their files.

    Everything in it descends from one init. Killing that one process ends daemons, containers and commands,
    and the kernel then takes away their mounts and network interfaces.
    """

    name: str
    directory: Path

    def start(self, *, disk: str, dns: str) -> None:
        """Make the namespaces and wait for their files; `disk` is the size of the Docker directory."""
        self.directory.mkdir(parents=True)
        unshare = ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--kill-child", "--mount-proc"]
        setup = ["sh", str(_SETUP), str(self.directory), self.name, disk, dns]
        log = self.directory / "setup.log"
        recorded = ["sh", "-c", _RECORD_THEN_EXEC, "sh", str(self._record_file), *unshare, "--", *setup]
        must(run(["sh", "-c", _ORPHANED, "sh", str(log), *recorded], env=_ENVIRONMENT))

        def ready() -> bool:
            if self._record_file.exists() and self.record and not self.record.alive:
                raise LabError(f"{self.name} did not start: {log.read_text().strip()}")
            return (self.directory / "ready").exists()

        wait_until(ready, f"the namespaces of {self.name}")

    @property
    def _record_file(self) -> Path:
        return self.directory / "process"

    @property
    def record(self) -> ProcessRecord | None:
        """The process to kill to end everything; None before it was started."""
        try:
            return ProcessRecord.from_stat(self._record_file.read_text())
        except FileNotFoundError:
            return None

    @property
    def alive(self) -> bool:
        """Whether the namespaces are there."""
        return self.record is not None and self.record.alive

    @cached_property
    def init_pid(self) -> int:
        """Pid of the sandbox's init, as seen from outside."""
        record = self.record
        inits = children(record.pid) if record is not None and record.alive else []
        if not inits:
            raise LabError(f"{self.name} is not running")
        return inits[0]

    @property
    def run_directory(self) -> Path:
        """The sandbox's /run as seen from outside; sockets in it can be connected to from here."""
        return self.directory / "run"

    def enter(self, *argv: str, files: bool = True) -> list[str]:
        """The command line that runs a program inside.

        With `files=False` it sees the files of this machine, and only network and processes are inside.
        """
        inside = ["--mount", "--uts", "--ipc"] if files else []
        return ["nsenter", f"--target={self.init_pid}", "--net", "--pid", *inside, "--", *argv]

    def on_network(self, *argv: str) -> list[str]:
        """The command line that runs a program of this machine with nothing but the network of the sandbox;
        it becomes the program, so that signals reach it."""
        return ["nsenter", f"--target={self.init_pid}", "--net", "--", *argv]

    def run(self, *argv: str, stdin: str = "", timeout_s: float = 60.0) -> Finished:
        """Run a program inside and return it with its output."""
        return run(self.enter(*argv), stdin=stdin, timeout_s=timeout_s, env=_ENVIRONMENT)

    def sh(self, command: str, *, timeout_s: float = 60.0) -> Finished:
        """Run a shell command inside, in /root."""
        return self.run("sh", "-c", f"cd /root; {command}", timeout_s=timeout_s)

    def must_sh(self, command: str) -> str:
        """Like sh, for what has to succeed: returns the output, raises LabError."""
        return must(self.sh(command))

    def spawn(self, name: str, *argv: str, files: bool = True) -> None:
        """Start a daemon inside; its pid and log are under /run/lab."""
        if files:
            must(self.run("sh", "-c", _IN_BACKGROUND, "sh", name, *argv))
            return
        command = _IN_BACKGROUND.replace("/run/lab", shlex.quote(str(self.run_directory / "lab")))
        must(run(self.enter("sh", "-c", command, "sh", name, *argv, files=False), env=_ENVIRONMENT))

    def pid_of(self, name: str) -> int | None:
        """Pid of a daemon, as seen inside; None when it is not running."""
        alive = f'pid=$(cat /run/lab/{name}.pid) && kill -0 "$pid" && echo "$pid"'
        finished = self.sh(f"{{ {alive}; }} 2>/dev/null")
        return int(finished.stdout) if finished.returncode == 0 else None

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a daemon; False when it is not running."""
        return self.sh(f'kill -{number.value} "$(cat /run/lab/{name}.pid)" 2>/dev/null').returncode == 0

    def log_of(self, name: str, *, lines: int = 20) -> str:
        """The end of a daemon's log."""
        log = self.run_directory / "lab" / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def end(self) -> None:
        """End everything inside; also right for a sandbox that was half started or has ended."""
        record = self.record
        if record is None:
            return
        inits = [init for pid in children(record.pid) if (init := ProcessRecord.of(pid))]
        for process in [*inits, record]:
            process.kill()


def sandboxes_in(directory: Path) -> list[Sandbox]:
    """The sandboxes whose files are in a lab's directory."""
    return [
        Sandbox(entry.name, entry) for entry in sorted(directory.iterdir()) if (entry / "process").is_file()
    ]
