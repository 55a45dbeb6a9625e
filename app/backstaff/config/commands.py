"""Local commands that configuration may run: with a deadline, without a terminal, whole process groups."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backstaff.child_programs import STDERR, STDOUT, run_program

_EVIDENCE_LINES = 3
_LINE = "BACKSTAFF_SHELL_LINE"
_SHELL = ("/bin/sh", "-c", f'eval "unset {_LINE}; ${_LINE}"')
_OF_EVAL = re.compile(r"^(/bin/sh: (?:line )?(?:\d+: )?)eval: ")
"""How shells begin a complaint about a line that they were handed in this way: nobody wrote this `eval`."""


@dataclass(frozen=True)
class Ended:
    """How a command ended. `status` is negative for a signal; `stdout` is whole, `stderr` its last lines."""

    status: int
    stdout: str
    stderr: str

    @property
    def reason(self) -> str:
        """What is wrong with how it ended, in words; empty if nothing is."""
        if self.status == 0:
            return ""
        how = f"ended by signal {-self.status}" if self.status < 0 else f"exit status {self.status}"
        return f"{how}: {self.stderr}" if self.stderr else how


class CommandUnavailable(Exception):
    """The command could not be started, or did not end before its deadline."""


def run(
    command: Sequence[str] | str,
    *,
    cwd: Path,
    environ: Mapping[str, str],
    timeout_s: float,
    stdin: str = "",
) -> Ended:
    """Runs a program, or a line for `/bin/sh` when `command` is a string. Blocks.

    The line may have secrets in it: it is no argument, which everybody could read in the list of processes.
    Raises CommandUnavailable; the command and its children are killed then.
    """
    try:
        process = subprocess.Popen(
            _argv(command),
            cwd=cwd,
            env=_environ(command, environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise CommandUnavailable(_not_started(command, error)) from error
    with process:
        try:
            out, err = process.communicate(stdin.encode(), timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            _kill_group(process.pid)
            raise CommandUnavailable(f"gave no result within {timeout_s:g} s") from error
        except BaseException:
            _kill_group(process.pid)
            raise
    return _ended(process.returncode, out, err)


async def run_async(
    command: Sequence[str] | str, *, cwd: Path, environ: Mapping[str, str], timeout_s: float
) -> Ended:
    """As `run`, without blocking; when cancelled, the command and its children are ended."""
    outputs = {STDOUT: bytearray(), STDERR: bytearray()}
    exited = asyncio.Event()

    def take(descriptor: int, data: bytes) -> None:
        outputs[descriptor] += data

    try:
        async with asyncio.timeout(timeout_s):
            # What is wanted is the whole output: half a secret is none.
            status = await run_program(
                _argv(command),
                take=take,
                env=_environ(command, environ),
                cwd=cwd,
                on_exit=exited.set,
                leftovers_s=None,
            )
    # It is an OSError too, so it comes first.
    except TimeoutError as error:
        why = (
            "left something running that held its output open for"
            if exited.is_set()
            else "gave no result within"
        )
        raise CommandUnavailable(f"{why} {timeout_s:g} s") from error
    except (OSError, ValueError) as error:
        raise CommandUnavailable(_not_started(command, error)) from error
    return _ended(status, bytes(outputs[STDOUT]), bytes(outputs[STDERR]))


def _not_started(command: Sequence[str] | str, error: OSError | ValueError) -> str:
    """Why a command could not be started, to follow its name."""
    if isinstance(error, FileNotFoundError) and error.filename == _argv(command)[0]:
        return "is not installed on this machine, or not on its PATH"
    return f"could not be started: {error}"


def _argv(command: Sequence[str] | str) -> list[str]:
    return list(_SHELL if isinstance(command, str) else command)


def _environ(command: Sequence[str] | str, environ: Mapping[str, str]) -> dict[str, str]:
    """A line is handed to the shell in its environment, which only this user can read. The shell takes it out
    before it runs it, so that what it starts is not given it."""
    return {**environ, _LINE: command} if isinstance(command, str) else dict(environ)


def _kill_group(group: int) -> None:
    """Ends what a command left running; a group that is gone is what was wanted."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _ended(status: int, out: bytes, err: bytes) -> Ended:
    tail = err.decode(errors="replace").strip().splitlines()[-_EVIDENCE_LINES:]
    said = " / ".join(_OF_EVAL.sub(r"\1", line.strip()) for line in tail)
    return Ended(status, out.decode(errors="replace"), said)
