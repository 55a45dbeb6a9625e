"""What tests of the console have in common."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Directories of its own, UTC, no wish for colours or glyphs: pictures are the same on any machine."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("NO_COLOR", "BACKSTAFF_THEME", "BACKSTAFF_ASCII", "LC_ALL", "LC_CTYPE", "TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
