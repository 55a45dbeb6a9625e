"""Lines for the shell: the same as if they were its argument, which they are not."""

import os
import subprocess
from pathlib import Path

import pytest

from backstaff.config.commands import run

ENVIRON = {"PATH": os.environ["PATH"]}

LINES = [
    "",
    "  ",
    "# nothing",
    "echo one; echo two",
    "echo 'a  b' \"c  d\" e\\ f  g",
    "echo a # b",
    "echo $0 $# $?",
    "cat <<END\none\ntwo\nEND",
    "\n\n echo one\n echo two\n",
    "x=1\nexport x\nsh -c 'echo $x'",
    "echo end\\",
    "exit 7",
    "exec echo over",
    "echo *",
    "(echo a; exit 3) | cat",
    "false || echo but",
    'eval "echo inner"',
    "kill -9 $$",
    "no-such-program-here",
    "echo 'never closed",
    ")",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_does_what_it_does_as_an_argument(tmp_path: Path, line: str) -> None:
    (tmp_path / "a file").touch()
    expected = subprocess.run(
        ["/bin/sh", "-c", line], cwd=tmp_path, env=ENVIRON, capture_output=True, check=False
    )
    ended = run(line, cwd=tmp_path, environ=ENVIRON, timeout_s=30)
    assert (ended.status, ended.stdout) == (expected.returncode, expected.stdout.decode())
    said = expected.stderr.decode().strip().splitlines()
    assert ended.stderr == " / ".join(line.strip() for line in said)


def test_what_a_line_starts_finds_the_line_nowhere(tmp_path: Path) -> None:
    ended = run("env # the needle", cwd=tmp_path, environ=ENVIRON, timeout_s=30)
    assert f"PATH={ENVIRON['PATH']}" in ended.stdout.splitlines()
    assert "needle" not in ended.stdout
