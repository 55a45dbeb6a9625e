"""The console over a big journal, as an operator has it: a process of its own in a pseudo-terminal.

What is on the screen is told from what is written to it: the timeline says which time is shown, and by its
first word whether all of it is (`paused`) or only what is quickly known (`read 34%`).
"""

import fcntl
import os
import pty
import random
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SIZE = (120, 40)
PATIENCE_S = 60.0
_ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_STYLE = re.compile(rb"\x1b\[[0-9;:]*m")
_ANY_TIME = re.compile(rb"[0-9]:[0-9]{2} / ([0-9:]+)")
_WHOLE_STATE = rb"(?:paused|following) +"
_WHOLE = re.compile(_WHOLE_STATE + rb"[0-9:]+ / ")
_RUN = re.compile(rb"DONE|FAILED")
_HOSTS = re.compile(rb"h1.{0,2000}h4", re.DOTALL)


@dataclass(frozen=True)
class Took:
    """Seconds of the clock, and of the console's CPU."""

    wall_s: float
    cpu_s: float


@dataclass
class Opened:
    """What one console took: until its first screen, until all of that was known, and for each kind of key
    until the screen showed where it leads; of places that were shown roughly first, also until all of it was
    shown (`to the end, whole`). `memory_mib` is the most that it ever had."""

    first: Took
    whole: Took
    memory_mib: float = 0.0
    keys: dict[str, list[Took]] = field(default_factory=dict)


class _Screen:
    """The console's terminal."""

    def __init__(self, terminal: int, pid: int) -> None:
        self._terminal = terminal
        self.pid = pid
        self._seen = b""
        self._began = time.perf_counter()
        self._cpu_before = 0.0

    def press(self, keys: str) -> None:
        """The clock starts here."""
        self._seen = b""
        self._cpu_before, self._began = _cpu_s(self.pid), time.perf_counter()
        os.write(self._terminal, keys.encode())

    def until(self, *patterns: "re.Pattern[bytes]") -> Took:
        """Wait until all of these were written since the last key."""
        give_up = time.monotonic() + PATIENCE_S
        while not all(pattern.search(self._seen) for pattern in patterns):
            if not select.select([self._terminal], [], [], max(0.0, give_up - time.monotonic()))[0]:
                raise SystemExit(f"the console never showed {patterns}: {self._seen[-2000:]!r}")
            self._seen += _STYLE.sub(b"", os.read(self._terminal, 1 << 20))
        return Took(time.perf_counter() - self._began, _cpu_s(self.pid) - self._cpu_before)

    def length_s(self) -> int:
        """How long the run is that is shown."""
        found = _ANY_TIME.search(self._seen)
        return _seconds(found[1].decode()) if found else 0

    def rest(self, seconds: float) -> None:
        """Read on and forget it."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if select.select([self._terminal], [], [], left)[0]:
                try:
                    os.read(self._terminal, 1 << 20)
                except OSError:
                    # The console has left the terminal, which then can not be read any more.
                    return


def opened(journal: Path, home: Path, seeks: int, *, wait: bool) -> Opened:
    """Open a journal and go through it; with `wait` only after all of it is known."""
    with _console(journal, home) as screen:
        first = screen.until(_ANY_TIME, _RUN, _HOSTS)
        length = screen.length_s()
        whole = screen.until(_WHOLE) if wait else first
        found = Opened(first, whole)
        screen.rest(1.0)
        _go_through(screen, found, length, seeks)
        found.memory_mib = _peak_mib(screen.pid)
        return found


def _go_through(screen: _Screen, found: Opened, length: int, seeks: int) -> None:
    chance = random.Random(1)
    for _ in range(seeks):
        at = chance.randrange(60, length)
        screen.press(":")
        screen.until(re.compile(rb"Go to a time"))
        screen.rest(0.2)
        screen.press(f"{at}s")
        screen.until(re.compile(rb"%ds" % at))
        screen.press("\r")
        # Shown roughly, it is the last event before that time.
        either = f"(?:{_clock(at)}|{_clock(at - 1)}) / "
        _note_shown(screen, found, "to a time", either)
        screen.rest(0.2)
    for _ in range(max(1, seeks // 4)):
        for key, name, shown in (("<", "to the start", 0), (">", "to the end", length)):
            screen.press(key)
            _note_shown(screen, found, name, f"{_clock(shown)} / ")
            screen.rest(0.2)
            if key == "<":
                # From the start, where no failure is shown: else one that is merely drawn again would count.
                screen.press("x")
                _note(found, "to a failure", screen.until(re.compile(rb"failure [0-9]+ of")))
                screen.rest(0.2)


def _note_shown(screen: _Screen, found: Opened, name: str, clock: str) -> None:
    """Until a time is shown, roughly or not, and until all is that led to it."""
    pattern = re.compile(clock.encode())
    _note(found, name, screen.until(pattern))
    _note(found, f"{name}, whole", screen.until(re.compile(_WHOLE_STATE + clock.encode())))


def _note(found: Opened, name: str, took: Took) -> None:
    found.keys.setdefault(name, []).append(took)


@contextmanager
def _console(journal: Path, home: Path) -> Iterator[_Screen]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    argv = [sys.executable, "-m", "backstaff", "replay", str(journal)]
    began = time.perf_counter()
    process = subprocess.Popen(
        argv, stdin=theirs, stdout=theirs, stderr=theirs, env=_environ(home), start_new_session=True
    )
    os.close(theirs)
    screen = _Screen(ours, process.pid)
    screen._began = began
    try:
        yield screen
        screen.press("q")
        screen.rest(0.5)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _environ(home: Path) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(_ROOT / "app"),
        "BACKSTAFF_STATE_DIR": str(home / "state"),
    }


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / _TICKS


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _seconds(text: str) -> int:
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


def spread(times: Sequence[float]) -> tuple[float, float, float]:
    """Median, 95th percentile and worst."""
    ordered = sorted(times)
    return ordered[len(ordered) // 2], ordered[max(0, round(len(ordered) * 0.95) - 1)], ordered[-1]
