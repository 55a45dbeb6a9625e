"""A home directory with a `docker` that records its arguments exactly, and real shells to run scripts in."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_ID = "0123456789abcdef" * 4
_PROGRAM = """#!/bin/sh
for each in "$@"; do printf '%s\\0' "$each"; done >> 'HOME/docker.calls'
printf '\\1\\0' >> 'HOME/docker.calls'
case "$1" in create) echo ID ;; esac
"""


class Recorder:
    """Runs scripts as a host does: over standard input, in the login home. `sh` is the shell there."""

    def __init__(self, home: Path, shell: tuple[str, ...]) -> None:
        self.home = home
        self._shell = shell
        programs = home / "programs"
        programs.mkdir()
        (programs / "docker").write_text(_PROGRAM.replace("HOME", str(home)).replace("ID", _ID))
        (programs / "docker").chmod(0o755)
        (programs / "sh").symlink_to(shutil.which(shell[0]) or shell[0])
        self._environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(home)}

    def run(self, script: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a script to its end."""
        return subprocess.run(
            self._shell,
            input=script.encode(),
            cwd=self.home,
            env=self._environment,
            capture_output=True,
            timeout=30,
            check=False,
        )

    def send(self, line: str, script: str) -> tuple[int, str]:
        """Run a line, hand it a script over its input, which stays open, and tell its status and output."""
        argv = [*self._shell, "-c", line]
        pipe = subprocess.PIPE
        with subprocess.Popen(argv, stdin=pipe, stdout=pipe, cwd=self.home, env=self._environment) as shell:
            assert shell.stdin is not None
            assert shell.stdout is not None
            shell.stdin.write(script.encode())
            shell.stdin.flush()
            printed = shell.stdout.read()
            return shell.wait(timeout=30), printed.decode()

    def calls(self) -> list[list[str]]:
        """The arguments of every call of `docker`, word by word."""
        record = self.home / "docker.calls"
        if not record.exists():
            return []
        calls = record.read_bytes().split(b"\1\0")[:-1]
        return [[word.decode() for word in call.split(b"\0")[:-1]] for call in calls]

    def injected(self) -> list[Path]:
        """Traces of text that was run and not handed on."""
        return [each for each in self.home.rglob("INJECTED*") if each.name == "INJECTED"]


@contextmanager
def a_recorder(shell: tuple[str, ...]) -> Iterator[Recorder]:
    """One with a home of its own, for the length of the body."""
    with TemporaryDirectory() as home:
        yield Recorder(Path(home), shell)
