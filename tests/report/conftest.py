"""A browser. With BACKSTAFF_LAB=required a machine without one fails, not skips."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report.browser import NAMES, Browser, find_browser, recording_proxy


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Headless Chromium behind a proxy that tells what it is asked for."""
    program = find_browser()
    if program is None:
        missing = f"not installed: any of {', '.join(NAMES)}"
        if os.environ.get("BACKSTAFF_LAB") == "required":
            pytest.fail(missing)
        pytest.skip(missing)
    with recording_proxy() as (proxy, asked):
        yield Browser(program, tmp_path, proxy, asked)
