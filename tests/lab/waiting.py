"""Waiting for something outside this process, which can only be asked again and again."""

import time
from collections.abc import Callable

from tests.lab.errors import LabError


def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float = 30.0) -> None:
    """Return as soon as the condition holds; raises LabError naming `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.02)
