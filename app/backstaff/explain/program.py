"""Which program made a run, and how it was called."""

import shlex

from backstaff.events.types import RunStarted

KAMAL = "kamal"
"""In place of the version of Backstaff: the run was Kamal's, and is read from what that printed."""


def program(run: RunStarted) -> str:
    """`Backstaff 0.1.0`, or `Kamal`."""
    return "Kamal" if run.tool_version == KAMAL else f"Backstaff {run.tool_version}"


def command_line(run: RunStarted) -> str:
    """What was typed; empty where that is not known."""
    name = "kamal" if run.tool_version == KAMAL else "backstaff"
    return shlex.join([name, *run.argv]) if run.argv else ""
