"""The console in a real terminal: whatever ends it, the terminal is as it was, and nothing is left."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.test_ended import AGAIN_EVERY_S, let_release_hang
from tests.hosts.ssh_server import until

ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"
GONE = -1
PATIENCE_S = 60.0
PLAY = "from backstaff.cli.main import main; main()"
BREAK = """
from backstaff.console.app import Console

mount = Console.on_mount

def mount_and_break_soon(self):
    mount(self)
    self.set_timer(1, lambda: [][0])

Console.on_mount = mount_and_break_soon
"""


class Terminal:
    """A process in a terminal of its own, and all that it wrote there."""

    def __init__(self, directory: Path, *arguments: str, before: str = "") -> None:
        self.primary, secondary = os.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.settings = termios.tcgetattr(secondary)
        self._secondary = secondary
        self.written = b""
        # Not in the test's own directory: paths of sockets have to be short.
        self._files = tempfile.TemporaryDirectory(prefix="backstaff-test-")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "TMPDIR": self._files.name,
            "BACKSTAFF_STATE_DIR": str(directory / "state"),
            "TERM": "xterm-256color",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", before + PLAY, *arguments],
            stdin=secondary,
            stdout=secondary,
            stderr=secondary,
            env=environment,
            cwd=directory,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    def read_until(self, wanted: bytes) -> None:
        """Read until something was written."""
        while wanted not in self.written:
            ready, _, _ = select.select([self.primary], [], [], PATIENCE_S)
            assert ready, self.written[-2000:]
            self.written += os.read(self.primary, 65536)

    def ended(self) -> int:
        """The exit code, after all was read."""
        os.close(self._secondary)
        self._secondary = GONE
        while True:
            ready, _, _ = select.select([self.primary], [], [], PATIENCE_S)
            assert ready, self.written[-2000:]
            try:
                self.written += os.read(self.primary, 65536)
            except OSError:
                return self.waited()

    def insist(self) -> None:
        """Send SIGTERM again and again until the process has ended, and read on meanwhile."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            ready, _, _ = select.select([self.primary], [], [], AGAIN_EVERY_S)
            if ready:
                self.written += os.read(self.primary, 65536)

    def waited(self) -> int:
        """The exit code."""
        return self.process.wait(PATIENCE_S)

    def is_as_it_was(self) -> bool:
        return termios.tcgetattr(self.primary) == self.settings

    def left_files(self) -> list[Path]:
        """What the process keeps, or has left behind, where temporary files go."""
        return list(self.files.iterdir())

    @property
    def files(self) -> Path:
        """Where its temporary files go."""
        return Path(self._files.name)

    @property
    def after(self) -> str:
        """What stands on the screen after the console."""
        return self.written.rpartition(LEAVE)[2].decode()

    def hang_up(self) -> int:
        """Close the terminal; the exit code."""
        os.close(self._secondary)
        os.close(self.primary)
        self._secondary = self.primary = GONE
        return self.waited()

    def close(self) -> None:
        for descriptor in (self.primary, self._secondary):
            if descriptor != GONE:
                os.close(descriptor)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._files.cleanup()


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    made: list[Terminal] = []
    yield made
    for terminal in made:
        terminal.close()


def playing(
    terminals: list[Terminal], directory: Path, *, before: str = "", scenario: str = "healthy"
) -> Terminal:
    terminal = Terminal(directory, "demo", "--scenario", scenario, before=before)
    terminals.append(terminal)
    terminal.read_until(ENTER)
    return terminal


def test_a_signal_ends_the_run_and_leaves_its_end_on_the_screen(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    terminal = playing(terminals, tmp_path)
    terminal.read_until(b"first deploy")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 143
    assert "CANCELLED" in terminal.after
    assert terminal.is_as_it_was()
    assert terminal.left_files() == []


async def test_a_second_signal_gives_the_terminal_back_before_it_ends_the_process(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    terminal = playing(terminals, tmp_path)
    terminal.read_until(b"first deploy")
    let_release_hang(terminal.files)
    lock = next(terminal.files.glob("backstaff-fleet-*")) / "homes/h1/.kamal/lock-shop"
    await until(lock.exists)
    terminal.process.send_signal(signal.SIGINT)
    terminal.insist()
    # Of the second: the first one has not ended it.
    assert terminal.ended() == 143
    assert LEAVE in terminal.written
    assert "CANCELLED" not in terminal.after
    assert terminal.is_as_it_was()
    assert terminal.left_files() == []


def test_a_console_that_breaks_leaves_the_run_and_a_terminal_to_read_it_in(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    terminal = playing(terminals, tmp_path, before=BREAK)
    assert terminal.ended() == 0, terminal.written.decode()
    assert "the console broke (IndexError: list index out of range); the run goes on" in terminal.after
    assert "Traceback" not in terminal.after
    assert "DONE" in terminal.after
    assert terminal.is_as_it_was()
    assert len(list((tmp_path / "state").glob("console-*.txt"))) == 1


def test_a_terminal_that_closes_ends_the_run_well(tmp_path: Path, terminals: list[Terminal]) -> None:
    terminal = playing(terminals, tmp_path)
    terminal.read_until(b"first deploy")
    assert terminal.hang_up() == 129
    assert terminal.left_files() == []
    assert not (tmp_path / "state").exists()


async def test_a_terminal_that_takes_nothing_does_not_hold_up_the_run(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    terminal = playing(terminals, tmp_path)
    # Nothing is read from here on, and by the next act far more was drawn than a terminal keeps.
    acts: set[int] = set()

    def second_act() -> bool:
        fleets = terminal.left_files()
        files = [fleet / "project/config/deploy.yml" for fleet in fleets]
        acts.update(each.stat().st_mtime_ns for each in files if each.exists())
        return len(acts) > 1

    await until(second_act)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ended() == 143
    assert "CANCELLED" in terminal.after
    assert terminal.is_as_it_was()
