"""Running a program to its end."""

import subprocess
from collections.abc import Mapping, Sequence

from tests.lab.errors import LabError

Finished = subprocess.CompletedProcess[str]

_LEFT_S = 10.0
"""How long what is left of the output of a killed program may take."""


def run(
    argv: Sequence[str], *, stdin: str = "", timeout_s: float = 60.0, env: Mapping[str, str] | None = None
) -> Finished:
    """Run a program and return it with its output, whatever its exit code.

    Raises subprocess.TimeoutExpired after `timeout_s`.
    """
    process = subprocess.Popen(
        argv,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        out, err = process.communicate(stdin, timeout=timeout_s)
    finally:
        ended(process)
    return Finished(argv, process.returncode, out, err)


def ended(process: "subprocess.Popen[str]") -> None:
    """Kill a program if it has not ended, and let go of its output.

    Raises LabError if something that it started keeps its output open: waiting for that would have no
    end."""
    if process.poll() is None:
        process.kill()
    try:
        process.communicate(timeout=_LEFT_S)
    except subprocess.TimeoutExpired:
        raise LabError(f"{process.args!r} has ended, but something that it started has not") from None
    finally:
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()


def must(finished: Finished) -> str:
    """The output of a program that had to succeed; raises LabError with its error text when it did not."""
    if finished.returncode == 0:
        return finished.stdout
    said = (finished.stderr or finished.stdout).strip()
    raise LabError(f"{' '.join(finished.args)} exited {finished.returncode}: {said}")
