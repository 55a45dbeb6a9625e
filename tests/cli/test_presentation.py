"""When the console opens, and what it costs when it does not."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from backstaff.cli.presentation import console_wanted, somebody_is_there

ROOT = Path(__file__).parents[2]


class Terminal(StringIO):
    def __init__(self, *, terminal: bool = True) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def there(environ: dict[str, str], *, stdin: bool = True, stdout: bool = True) -> bool:
    return somebody_is_there(environ, Terminal(terminal=stdin), Terminal(terminal=stdout))


def test_a_person_at_a_terminal_gets_the_console() -> None:
    assert there({"TERM": "xterm-256color"})
    assert there({"TERM": "screen", "CI": "false"})


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}, {"TERM": "xterm", "CI": "true"}])
def test_a_dumb_terminal_and_a_ci_system_get_plain_lines(environ: dict[str, str]) -> None:
    assert not there(environ)


@pytest.mark.parametrize(("stdin", "stdout"), [(False, True), (True, False)])
def test_both_ends_must_be_a_terminal(stdin: bool, stdout: bool) -> None:
    assert not there({"TERM": "xterm"}, stdin=stdin, stdout=stdout)


def test_a_stream_that_is_closed_is_no_terminal() -> None:
    closed = StringIO()
    closed.close()
    assert not somebody_is_there({"TERM": "xterm"}, closed, closed)


@pytest.mark.parametrize("option", ["no_tui", "as_json", "quiet"])
def test_options_for_plain_output_mean_no_console(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstaff.cli.presentation.somebody_is_there", lambda *_: True)
    options = {"no_tui": False, "as_json": False, "quiet": False}
    assert console_wanted(**options)
    assert not console_wanted(**{**options, option: True})


def test_a_job_in_the_background_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    primary, secondary = os.openpty()
    with os.fdopen(primary, "rb"), os.fdopen(secondary) as terminal:
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
        assert not somebody_is_there({"TERM": "xterm"}, terminal, terminal)
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
        assert somebody_is_there({"TERM": "xterm"}, terminal, terminal)


CODE = """
import sys
from backstaff.cli.main import main
sys.argv = ["backstaff", *sys.argv[1:]]
try:
    main()
finally:
    print(sorted({"textual", "rich", "asyncssh"} & sys.modules.keys()), file=sys.stderr)
"""


def imported(directory: Path, *arguments: str) -> str:
    """Which of the heavy libraries a command has imported by its end, in a fresh interpreter."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=directory,
    )
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [("version",), ("--help",), ("deploy", "--help"), ("demo", "--list"), ("deploy",)],
    ids=" ".join,
)
def test_what_opens_nothing_imports_nothing_for_it(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert imported(tmp_path, *arguments) in {"[]", "['asyncssh']" if arguments[0] == "demo" else "[]"}


def test_a_whole_run_in_plain_lines_does_without_textual(tmp_path: Path) -> None:
    assert imported(tmp_path, "demo", "--scenario", "image-missing") == "['asyncssh']"
