"""Running a program to its end."""

import subprocess
from collections.abc import Mapping, Sequence

from tests.lab.errors import LabError

Finished = subprocess.CompletedProcess[str]


def run(
    argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60.0, env: Mapping[str, str] | None = None
) -> Finished:
    """Run a program and return it with its output, whatever its exit code.

    Raises subprocess.TimeoutExpired after `timeout_s`.
    """
    return subprocess.run(
        argv,
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_s,
        env=env,
        check=False,
    )


def must(finished: Finished) -> str:
    """The output of a program that had to succeed; raises LabError with its error text when it did not."""
    if finished.returncode == 0:
        return finished.stdout
    said = (finished.stderr or finished.stdout).strip()
    raise LabError(f"{' '.join(finished.args)} exited {finished.returncode}: {said}")
