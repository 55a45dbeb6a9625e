"""A home directory with a `docker` that records its arguments exactly, and real shells to run scripts in."""

import subprocess
from pathlib import Path

_ID = "0123456789abcdef" * 4
_PROGRAM = """#!/bin/sh
for each in "$@"; do printf '%s\\0' "$each"; done >> 'HOME/NAME.calls'
printf '\\1\\0' >> 'HOME/NAME.calls'
case "$1" in create) echo ID ;; esac
"""


class Recorder:
    """Runs scripts as a host does: over standard input, in the login home."""

    def __init__(
        self, home: Path, *, shell: tuple[str, ...] = ("sh",), programs_too: tuple[str, ...] = ()
    ) -> None:
        self.home = home
        self._shell = shell

        programs = home / "programs"
        programs.mkdir(exist_ok=True)
        for name in ("docker", *programs_too):
            text = _PROGRAM.replace("HOME", str(home)).replace("NAME", name).replace("ID", _ID)
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

    def run(self, script: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a script to its end."""
        return subprocess.run(
            self._shell,
            input=script.encode(),
            cwd=self.home,
            env={"PATH": f"{self.home}/programs:/usr/bin:/bin", "HOME": str(self.home)},
            capture_output=True,
            timeout=30,
            check=False,
        )

    def calls(self, program: str) -> list[list[str]]:
        """The arguments of every call of a program, word by word."""
        record = self.home / f"{program}.calls"
        if not record.exists():
            return []
        calls = record.read_bytes().split(b"\1\0")[:-1]
        return [[word.decode() for word in call.split(b"\0")[:-1]] for call in calls]

    def injected(self) -> list[Path]:
        """Traces of text that was run and not handed on."""
        return list(self.home.rglob("INJECTED*"))
