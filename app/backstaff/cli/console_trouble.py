"""What broke the console: a line for the operator, the traceback in a file."""

import os
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from backstaff.errors import ExitCode
from backstaff.events.inert import inert
from backstaff.events.journal import journal_directory, new_run_id
from backstaff.events.redact import Redactor

if TYPE_CHECKING:
    from textual.app import App


@dataclass(frozen=True)
class Kept:
    """`what` broke it in a few words, and `where` the rest is."""

    what: str
    where: str


def trouble_of(console: "App[ExitCode]") -> Exception | None:
    """What ended an app that was run; None if it was closed."""
    from textual.worker import WorkerFailed

    # Textual keeps it for its own test harness; there is no other way to it.
    error = console._exception
    if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
        return error.error
    if error is None and console.return_code is None:
        return RuntimeError("it ended by itself")
    return error


def keep_traceback(trouble: Exception, redactor: Redactor) -> Kept:
    """Write the traceback into a file that only its owner may read. Secrets are masked, local variables
    are not in it."""
    what = inert(redactor.text(f"{type(trouble).__name__}: {trouble}").split("\n")[0])
    text = redactor.text("".join(traceback.format_exception(trouble)))
    path = journal_directory().parent / f"console-{new_run_id(datetime.now(UTC))}.txt"
    try:
        _write(path, text)
    except OSError as error:
        return Kept(what, f"the traceback could not be kept: {error}")
    return Kept(what, f"the traceback is in {path}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
