"""Runs a program on this machine whose output is wanted line by line: builds, hooks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backstaff.child_programs import STDERR, STDOUT, run_program
from backstaff.hosts.line_buffer import LineBuffer

OnLine = Callable[[str, str], None]
"""Takes a stream's name (`stdout` or `stderr`) and one line without its end."""

MOST_OUTPUT = 16 * 1024 * 1024


@dataclass(frozen=True)
class LocalResult:
    """How a program ended. `status` is negative, as in subprocess, if it was killed by a signal.

    Output is decoded as UTF-8 with replacement characters, and cut after `MOST_OUTPUT` characters.
    """

    status: int
    stdout: str = ""
    stderr: str = ""


class _Output:
    def __init__(self, name: str, on_line: OnLine | None) -> None:
        self._name = name
        self._on_line = on_line
        self._buffer = LineBuffer()
        self._lines: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> None:
        for line in self._buffer.feed(data):
            self._take(line, "\n")

    def finish(self) -> str:
        if not self._buffer.empty:
            self._take(self._buffer.flush(), "")
        return "".join(self._lines)

    def _take(self, line: str, end: str) -> None:
        if self._on_line:
            self._on_line(self._name, line)
        if self._size < MOST_OUTPUT:
            self._lines.append(line + end)
            self._size += len(line) + 1


async def run_local(
    command: Sequence[str] | str,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_line: OnLine | None = None,
) -> LocalResult:
    """Run a program (an argument list) or a line of shell (a text) and wait for its end.

    `env` is its whole environment, None our own. See `run_program` for how it is ended when this is
    cancelled. Raises OSError if the program can not be started.
    """
    argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
    outputs = {STDOUT: _Output("stdout", on_line), STDERR: _Output("stderr", on_line)}
    status = await run_program(argv, take=lambda fd, data: outputs[fd].feed(data), env=env, cwd=cwd)
    return LocalResult(status, outputs[STDOUT].finish(), outputs[STDERR].finish())
