"""A run in a terminal of its own, in the console, as a person starts it; and the end of that terminal."""

import fcntl
import os
import select
import struct
import subprocess
import termios
import threading
from pathlib import Path

from tests.lab.deploys.project import Project, Result, Running

_LOOK_EVERY_S = 0.05
_CHUNK_BYTES = 65536
_SIZE = struct.pack("HHHH", 40, 120, 0, 0)


class InTerminal(Running):
    """`backstaff` in a terminal that is read from, until it is closed."""

    def __init__(self, process: "subprocess.Popen[str]", state: Path, primary: int) -> None:
        super().__init__(process, state)
        self._waited_for = process
        self._closing = threading.Event()
        self._written = b""
        self._reader = threading.Thread(target=self._read, args=(primary,))
        self._reader.start()

    def hang_up(self) -> None:
        """Close the terminal, as closing its window does."""
        self._closing.set()
        self._reader.join()

    def ended(self, *, timeout_s: float = 60.0) -> Result:
        """Wait for its end; `out` is what it wrote to its terminal while there was one."""
        try:
            code = self._waited_for.wait(timeout_s)
        finally:
            self.hang_up()
        out = self._written.decode(errors="replace")
        assert "Traceback" not in out, out
        return Result(code, out, "", tuple(self._events_so_far()))

    def __exit__(self, *failure: object) -> None:
        self.hang_up()
        if self._waited_for.poll() is None:
            self._waited_for.kill()
        self._waited_for.wait()

    def _read(self, primary: int) -> None:
        """Take what is written, for a full terminal holds the program up; close the terminal when told."""
        try:
            while not self._closing.is_set():
                ready, _, _ = select.select([primary], [], [], _LOOK_EVERY_S)
                if ready:
                    self._written += os.read(primary, _CHUNK_BYTES)
        except OSError:
            # The other end was closed: the program has ended.
            pass
        finally:
            os.close(primary)


def start_in_terminal(project: Project, *arguments: str) -> InTerminal:
    """Start `backstaff` as the first process of a session with a terminal of its own."""
    primary, secondary = os.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, _SIZE)
    state = project.next_state()
    process = subprocess.Popen(
        ["setsid", "--ctty", *project.program, *arguments],
        cwd=project.directory,
        env={**project.environ_of(state), "TERM": "xterm-256color"},
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        text=True,
    )
    os.close(secondary)
    return InTerminal(process, state, primary)
