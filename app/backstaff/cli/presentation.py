"""Whether a run opens the console or is told in plain lines."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

_CI = ("CI", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "BUILDKITE")
_UNSET = {"", "0", "false"}


def console_wanted(*, no_tui: bool, as_json: bool, quiet: bool) -> bool:
    """Whether the options leave it open, and there is a terminal with somebody at it."""
    if no_tui or as_json or quiet:
        return False
    return somebody_is_there(os.environ, sys.stdin, sys.stdout)


def is_ci(environ: Mapping[str, str]) -> bool:
    """Whether a CI system runs this: on a machine that is gone afterwards, with all that is kept on it."""
    return any(environ.get(name, "").lower() not in _UNSET for name in _CI)


def somebody_is_there(environ: Mapping[str, str], stdin: TextIO, stdout: TextIO) -> bool:
    """Whether a person reads and types: not a CI system, not a dumb terminal, not a job in the background."""
    if is_ci(environ):
        return False
    if environ.get("TERM", "dumb") == "dumb":
        return False
    try:
        return stdin.isatty() and stdout.isatty() and _in_foreground(stdin)
    except ValueError:
        return False


def _in_foreground(terminal: TextIO) -> bool:
    """A job in the background that reads from its terminal is stopped by the system."""
    try:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return True
