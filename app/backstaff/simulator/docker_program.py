"""The program `docker` on PATH of every simulated host: a shell script that passes its words on.

It must be a real program, because scripts call it through `xargs` and `timeout`. It must start fast, because
a deploy of hundreds of hosts starts thousands: a Python client costs 20 ms and more each time, this one the
start of `sh` and of one `mkfifo`. And it must run wherever `sh` does, so it needs no `nc` and no `socat`:
words go into a file, the request through one pipe of the whole fleet (a line is written at once, so callers
do not mix), and the answer comes back line by line through a pipe of its own.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

from backstaff.simulator.clock import SimulationClock
from backstaff.simulator.docker_command import CommandHost, Invocation, docker
from backstaff.simulator.local_program import NO_SETSID

_PROGRAM = """#!/bin/sh
call=$BACKSTAFF_CALLS/$BACKSTAFF_SCRIPT.$$
mkfifo -m 600 "$call" || exit 125
printf '%s\\0' "$PWD" "$@" > "$call.words" || exit 125
exec 3<> "$call"
printf '%s\\n' "$BACKSTAFF_SCRIPT.$$" > "$BACKSTAFF_CALLS/requests"
while IFS= read -r line <&3; do
  case $line in
    o*) printf '%s\\n' "${line#?}" ;;
    e*) printf '%s\\n' "${line#?}" >&2 ;;
    x*) exit "${line#?}" ;;
  esac
done
exit 125
"""
_MARKS = {"stdout": "o", "stderr": "e"}


class RunningScript:
    """One script on a host. While it waits for Docker, or for its own text, it does not hold up simulated
    time."""

    def __init__(self, clock: SimulationClock, host: CommandHost) -> None:
        self.host = host
        self._clock = clock
        self._calls = 0
        self._over = False

    def begin(self) -> None:
        """The shell runs."""
        self._clock.outside(+1)

    def end(self) -> None:
        """It has ended."""
        if not self._calls:
            self._clock.outside(-1)
        self._over = True

    def call_began(self) -> None:
        """It waits for a docker command, or for what comes over its standard input."""
        self._calls += 1
        if self._calls == 1 and not self._over:
            self._clock.outside(-1)

    def call_ended(self) -> None:
        """It goes on."""
        self._calls -= 1
        if not self._calls and not self._over:
            self._clock.outside(+1)


class DockerProgram:
    """Takes the calls of all hosts' docker commands."""

    def __init__(self, directory: Path, spawn: Callable[[Coroutine[object, object, None]], object]) -> None:
        self.bin = directory / "bin"
        self._calls = directory / "calls"
        self._spawn = spawn
        self._scripts: dict[str, RunningScript] = {}
        self._pipe = -1
        self._begun = b""
        self._count = 0

    def open(self) -> None:
        """Install the program and listen for its calls."""
        self.bin.mkdir()
        self._calls.mkdir()
        for name, text in (("docker", _PROGRAM), ("setsid", NO_SETSID)):
            program = self.bin / name
            program.write_text(text)
            program.chmod(0o700)
        requests = self._calls / "requests"
        os.mkfifo(requests, 0o600)
        # Open for writing too: else the pipe would be at its end whenever no caller has it open.
        self._pipe = os.open(requests, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._pipe, self._read)

    def close(self) -> None:
        """Take no more calls."""
        if self._pipe >= 0:
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = -1

    def register(self, script: RunningScript) -> dict[str, str]:
        """What the environment of a script must have."""
        self._count += 1
        self._scripts[str(self._count)] = script
        return {"BACKSTAFF_CALLS": str(self._calls), "BACKSTAFF_SCRIPT": str(self._count)}

    def forget(self, environment: dict[str, str]) -> None:
        """The script has ended."""
        self._scripts.pop(environment["BACKSTAFF_SCRIPT"], None)

    def _read(self) -> None:
        *requests, self._begun = (self._begun + os.read(self._pipe, 65536)).split(b"\n")
        for request in requests:
            name = request.decode()
            script = self._scripts.get(name.partition(".")[0])
            if script is not None:
                script.call_began()
                self._spawn(self._answer(script, name))

    async def _answer(self, script: RunningScript, name: str) -> None:
        call = self._calls / name
        words_file = self._calls / f"{name}.words"
        answer = _Answer(call)
        try:
            try:
                directory, *words = words_file.read_bytes().decode("utf-8", "replace").split("\0")[:-1]
                status = await docker(Invocation(script.host, Path(directory), words, answer.say))
            finally:
                # Before the caller hears of the end: else time could be skipped while it goes on.
                script.call_ended()
            answer.end(status)
        finally:
            answer.close()
            call.unlink(missing_ok=True)
            words_file.unlink(missing_ok=True)


class _Answer:
    """Writes an answer without ever blocking: what the pipe does not take waits in memory."""

    def __init__(self, call: Path) -> None:
        try:
            self._pipe = os.open(call, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            # The caller was killed. Docker does what it was asked for all the same.
            self._pipe = os.open(os.devnull, os.O_WRONLY)
        self._waiting = bytearray()
        self._closing = False

    def say(self, stream: str, text: str) -> None:
        """Print lines."""
        for line in text.split("\n"):
            self._write(f"{_MARKS[stream]}{line}\n".encode())

    def end(self, status: int) -> None:
        """The last line: the exit status."""
        self._write(f"x{status}\n".encode())

    def close(self) -> None:
        """Close the pipe, as soon as all is written."""
        self._closing = True
        if not self._waiting:
            os.close(self._pipe)

    def _write(self, data: bytes) -> None:
        if self._waiting:
            self._waiting += data
            return
        self._waiting += data
        self._flush()
        if self._waiting:
            asyncio.get_running_loop().add_writer(self._pipe, self._flush_waiting)

    def _flush(self) -> None:
        try:
            del self._waiting[: os.write(self._pipe, self._waiting)]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._waiting.clear()

    def _flush_waiting(self) -> None:
        self._flush()
        if not self._waiting:
            asyncio.get_running_loop().remove_writer(self._pipe)
            if self._closing:
                os.close(self._pipe)
