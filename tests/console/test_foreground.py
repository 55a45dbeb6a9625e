"""A shell in a real terminal has it to itself while the run goes on, and gives it back."""

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.console.terminal import Terminal, terminal
from tests.console.with_shell import CANCELLED, TOLD

ROOT = Path(__file__).parents[2]
READS = "echo in the shell; read x; echo got $x > typed"
INTERRUPTED = "trap 'echo interrupted > typed; exit 7' INT; echo in the shell; while :; do read x; done"
MORE_LINES = 5

Open = Callable[..., Terminal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the console with a shell, and presses the keys that open the shell."""
    with terminal(tmp_path) as screen:

        def open_shell(*argv: str) -> Terminal:
            program = shlex.join([sys.executable, "-m", "tests.console.with_shell", *argv])
            environ = f"PYTHONPATH={ROOT}:{ROOT / 'app'}"
            screen.start(f"cd {tmp_path} && {environ} {program}; echo exit code $?; exec cat", (120, 40))
            screen.until_shown("waits for the first healthy web container", "of the run")
            screen.press("g", "Down", "s")
            screen.until_shown("Open a shell")
            screen.press("h")
            return screen

        yield open_shell


def told(directory: Path) -> int:
    return int((directory / TOLD).read_text())


def is_back(screen: Terminal, directory: Path) -> None:
    """The console is on the screen, shows what has come meanwhile, and hears keys."""
    newest = told(directory)
    screen.until_shown("output of all", f"line {newest} of the run")
    screen.press("?")
    screen.until_shown("rebind in")
    screen.press("Escape")
    screen.until(lambda text: "rebind in" not in text, "console without help")


def test_what_is_typed_reaches_the_shell_the_run_goes_on_and_the_screen_is_back(
    opened: Open, tmp_path: Path
) -> None:
    screen = opened("sh", "-c", READS)
    screen.until(lambda text: "in the shell" in text and "output of all" not in text, "shell")
    before = told(tmp_path)
    screen.until(lambda _: told(tmp_path) > before + MORE_LINES, "run that goes on")
    assert "output of all" not in screen.text(), "nothing is drawn over the shell"
    screen.press("q", "u", "i", "t", "Enter")
    is_back(screen, tmp_path)
    assert (tmp_path / "typed").read_text() == "got quit\n"
    assert not (tmp_path / CANCELLED).exists()


def test_ctrl_c_reaches_the_shell_alone(opened: Open, tmp_path: Path) -> None:
    screen = opened("sh", "-c", INTERRUPTED)
    screen.until_shown("in the shell")
    screen.press("C-c")
    screen.until_shown("the shell ended with status 7", "output of all")
    is_back(screen, tmp_path)
    assert (tmp_path / "typed").read_text() == "interrupted\n"
    assert not (tmp_path / CANCELLED).exists()
    assert "Cancel this run?" not in screen.text()


def test_ctrl_z_does_not_stop_what_nobody_could_continue(opened: Open, tmp_path: Path) -> None:
    screen = opened("sh", "-c", READS)
    screen.until_shown("in the shell")
    screen.press("C-z")
    screen.press("o", "n", "Enter")
    is_back(screen, tmp_path)
    assert (tmp_path / "typed").read_text().endswith("on\n")


def test_a_program_that_is_not_there_is_told_and_the_screen_is_back(opened: Open, tmp_path: Path) -> None:
    screen = opened("no-such-ssh")
    screen.until_shown("no-such-ssh can not be started", "install it")
    is_back(screen, tmp_path)
    assert not (tmp_path / CANCELLED).exists()
