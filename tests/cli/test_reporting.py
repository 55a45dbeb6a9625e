"""What errors look like where they are told without a run."""

import io
from collections.abc import Callable
from contextlib import redirect_stderr

import pytest

from backstaff.cli.reporting import show_error, show_in_a_line
from backstaff.errors import BackstaffError, CommandFailed

Show = Callable[[BackstaffError], None]
GREEN = "\x1b[32mDONE everything is fine"
RED, END = "\x1b[31;1m", "\x1b[0m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


def told(show: Show, error: BackstaffError) -> str:
    """What a terminal behind standard error gets."""
    with redirect_stderr(Terminal()) as terminal:
        show(error)
    return terminal.getvalue()


@pytest.mark.parametrize("show", [show_error, show_in_a_line])
def test_no_part_of_an_error_brings_colours_of_its_own(show: Show) -> None:
    error = CommandFailed(f"no {GREEN}\n{GREEN}", status=1, stderr=f"a\n{GREEN}", where=GREEN, fix=GREEN)
    seen = told(show, error)
    assert seen.startswith(f"{RED}DONE everything is fine: no DONE everything is fine")
    assert (seen.count(RED), seen.count(END), seen.count("\x1b")) == (1, 1, 2)
    assert END in seen.splitlines()[0]


def test_an_error_is_cut_into_lines_where_those_who_wrote_it_did() -> None:
    assert told(show_error, BackstaffError("a\x0bb\x85c\nd")) == f"{RED}a b c{END}\nd\n"


def test_progress_does_not_hide_the_error_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    progress = "\r".join(f"{done:3} 100 {'-' * 70}" for done in range(60))
    error = CommandFailed("curl ended with status 22", status=22, stderr=f"{progress}\ncurl: (22) 500\n")
    _, bar, last, mark = told(show_error, error).splitlines()
    assert bar.startswith("    0 100 ---")
    assert " … 59 100 ---" in bar
    assert last == "  curl: (22) 500"
    assert mark.startswith("::error ")
    assert mark.endswith("%0Acurl: (22) 500")
    assert max(map(len, (bar, mark))) < 400
