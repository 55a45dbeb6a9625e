"""How long Backstaff takes to begin: `python -m tests.bench.startup [--times N]`.

Prints medians: of the seconds until a command ended, a deploy's first connection attempt came in, or the
console's first picture was drawn; and of the seconds of CPU that the process took until then, which a busy
machine changes less. Beside them stands the target for the seconds of the clock, where there is one.
Everything happens on this machine.
"""

import argparse
import os
import pty
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench.targets import verdict_on

MOST_S = {"version": 0.15, "--help": 0.15, "deploy, first connection": 0.6}
"""The targets; nothing else has one."""
ENDS_WITHIN_S = 60.0
ROWS, COLUMNS = 40, 120
_ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_ON_THE_PICTURE = b"this run"
"""A title that the console shows from the beginning."""
_DEPLOY_YML = """\
service: shop
image: me/shop
servers: [127.0.0.1]
proxy:
  host: shop.example.com
registry:
  server: registry.test
  username: me
  password: [REGISTRY_PASSWORD]
builder:
  arch: amd64
ssh:
  port: {port}
"""


class Took(NamedTuple):
    """Seconds of the clock, and of CPU."""

    wall_s: float
    cpu_s: float


def ended(directory: Path, *argv: str) -> Took:
    """Until a command has ended."""
    return _ended(directory, _command(argv))


def _ended(directory: Path, command: Sequence[str]) -> Took:
    began, spent = time.perf_counter(), _childrens_cpu_s()
    done = subprocess.run(
        command, cwd=directory, env=_environ(directory), capture_output=True, timeout=ENDS_WITHIN_S
    )
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return Took(time.perf_counter() - began, _childrens_cpu_s() - spent)


def _childrens_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def connected(directory: Path) -> Took:
    """Until a headless deploy tries to connect for the first time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(ENDS_WITHIN_S)
        port = server.getsockname()[1]
        _write_project(directory, port)
        argv = ("deploy", "-P", "--version", "v1", "--no-tui")
        began = time.perf_counter()
        with _stopped(
            subprocess.Popen(
                _command(argv),
                cwd=directory,
                env=_environ(directory),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        ) as process:
            server.accept()[0].close()
            return Took(time.perf_counter() - began, _cpu_s(process.pid))


def _write_project(directory: Path, port: int) -> None:
    for name, text in (
        ("config/deploy.yml", _DEPLOY_YML.format(port=port)),
        (".kamal/secrets", "REGISTRY_PASSWORD=secret"),
    ):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text)


def drawn(directory: Path) -> Took:
    """Until the demonstration's first picture is on a terminal."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        _command(("demo",)),
        cwd=directory,
        env={**_environ(directory), "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        with _stopped(process):
            _read_until(ours, _ON_THE_PICTURE)
            return Took(time.perf_counter() - began, _cpu_s(process.pid))
    finally:
        os.close(ours)


def _read_until(terminal: int, text: bytes) -> None:
    seen = b""
    until = time.monotonic() + ENDS_WITHIN_S
    while text not in seen:
        if not select.select([terminal], [], [], max(0.0, until - time.monotonic()))[0]:
            raise SystemExit(f"no picture within {ENDS_WITHIN_S:g} s")
        try:
            seen += os.read(terminal, 65536)
        except OSError:
            raise SystemExit(
                f"it ended before there was a picture: {seen.decode(errors='replace')}"
            ) from None


def _cpu_s(pid: int) -> float:
    """User and system time of a living process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


@contextmanager
def _stopped(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _command(argv: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "backstaff", *argv]


def _environ(directory: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(_ROOT / "app"),
        "BACKSTAFF_STATE_DIR": str(directory / "state"),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("only", nargs="*", help="measure only what begins with one of these")
    parser.add_argument("--times", type=int, default=10, help="how often each is measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="backstaff-bench-") as made:
        directory = Path(made)
        cases: list[tuple[str, Callable[[], Took]]] = [
            ("python -c pass", lambda: _ended(directory, [sys.executable, "-c", "pass"])),
            ("version", lambda: ended(directory, "version")),
            ("--help", lambda: ended(directory, "--help")),
            ("deploy, first connection", lambda: connected(directory)),
            ("plan --offline", lambda: ended(directory, "plan", "--offline", "-P", "--version", "v1")),
            ("demo, first picture", lambda: drawn(directory)),
        ]
        print(f"{'until':<26} {'wall s':>7} {'cpu s':>7}")
        _write_project(directory, port=22)
        for name, measure in cases:
            if arguments.only and not name.startswith(tuple(arguments.only)):
                continue
            measure()
            took = [measure() for _ in range(arguments.times)]
            wall, cpu = median(each.wall_s for each in took), median(each.cpu_s for each in took)
            most = MOST_S.get(name)
            verdict = "" if most is None else verdict_on(wall, most, f"{most:g} s")
            print(f"{name:<26} {wall:7.3f} {cpu:7.3f}   {verdict}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
