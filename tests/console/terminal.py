"""A real terminal to run the console in: a tmux server of its own, driven by keys and read as text."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

PATIENCE_S = 60.0
"""How long something may take to appear; a loaded machine is slow, so this is no measure of anything."""
LOOK_EVERY_S = 0.1
_UNWANTED = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "NO_COLOR", "TMUX", "PYTHONPATH", "COLUMNS", "LINES")


class Terminal:
    """One window of a tmux server."""

    def __init__(self, socket: str, environ: Mapping[str, str]) -> None:
        self._socket = socket
        self._environ = environ

    def tmux(self, *words: str) -> str:
        """Ask the server for something."""
        argv = ["tmux", "-L", self._socket, "-f", "/dev/null", *words]
        done = subprocess.run(
            argv, env=self._environ, capture_output=True, text=True, check=False, timeout=30
        )
        return done.stdout

    def start(self, command: str, size: tuple[int, int]) -> None:
        """Open the window with a shell command in it."""
        self.tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), command)

    def press(self, *keys: str) -> None:
        """Type keys, named as tmux names them."""
        self.tmux("send-keys", *keys)

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size of the window."""
        self.tmux("resize-window", "-x", str(size[0]), "-y", str(size[1]))

    def text(self, *, history: bool = False) -> str:
        """What is on the screen, with `history` also what has scrolled off."""
        return self.tmux("capture-pane", "-p", *(("-S", "-500") if history else ()))

    def until(self, found: Callable[[str], bool], what: str, *, history: bool = False) -> str:
        """Wait until the screen shows something."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            text = self.text(history=history)
            if found(text):
                return text
            if time.monotonic() > deadline:
                pytest.fail(f"no {what} on the screen:\n{text}")
            time.sleep(LOOK_EVERY_S)

    def until_shown(self, *words: str, history: bool = False) -> str:
        """Wait until all of these words are on the screen."""
        return self.until(
            lambda text: all(word in text for word in words), " and ".join(words), history=history
        )


@contextmanager
def terminal(home: Path) -> Iterator[Terminal]:
    """A tmux server of its own, gone at the end with everything in it."""
    if shutil.which("tmux") is None:
        if os.environ.get("BACKSTAFF_LAB") == "required":
            pytest.fail("tmux is not installed, and all tests are required")
        pytest.skip("tmux is not installed")
    environ = {name: value for name, value in os.environ.items() if name not in _UNWANTED}
    source = Path(__file__).parents[2] / "app"
    environ |= {"HOME": str(home), "LANG": "C.UTF-8", "TERM": "screen-256color", "PYTHONPATH": str(source)}
    environ |= {"XDG_STATE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    opened = Terminal(f"backstaff-{uuid4().hex[:8]}", environ)
    try:
        yield opened
    finally:
        opened.tmux("kill-server")


def backstaff(*words: str) -> str:
    """The shell command that runs backstaff and says its exit code at the end."""
    return f"{sys.executable} -m backstaff {' '.join(words)}; echo exit code $?; exec cat"
