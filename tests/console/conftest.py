"""What tests of the console have in common."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from backstaff.console import run_state
from backstaff.console.dialogs.run_question import RunQuestion


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the console remembers or reads of its user stays in this test."""
    monkeypatch.setenv("BACKSTAFF_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("BACKSTAFF_THEME", "BACKSTAFF_ASCII", "NO_COLOR", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions of the run hear keys from the beginning."""
    monkeypatch.setattr(RunQuestion, "deaf_for_s", 0.0)


@pytest.fixture
def the_same_everywhere(
    own_directories: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """UTC and UTF-8 beside directories of its own, all events in one go and a cursor that does not blink:
    pictures are the same on any machine, however busy."""
    monkeypatch.setattr(run_state, "FOLD_WITHIN_S", math.inf)
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    for name in ("LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
