"""A run as a list shows it: what its journal tells at both ends, and whether it still goes on."""

import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.facts import FailureCard
from backstaff.events.journal_lock import is_held
from backstaff.events.types import RunStarted, WaitEnded, WaitExplained
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.journal_files import JournalFile
from backstaff.replay.lines import lines_before
from backstaff.replay.opening import check_is_journal
from backstaff.replay.source import FileSource, Source
from backstaff.replay.summary import RunSummary, summarize

STILL_S = 300.0
"""A run that writes nothing for so long is over: each wait of one that goes on is told of more often. Asked
only where files have no locks."""
_LAST_LINES = 200


class Verdict(StrEnum):
    """How a run ended, or that it did not: `interrupted` is one whose process was killed."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class RunRow:
    """A run in a list.

    `took_s` is the time up to the last event where there is no end. `cause` is why it failed, what was
    waited for last where it has no end, and why it can not be read where it is unreadable; else empty.
    `size` is that of the journal in bytes."""

    run: str
    path: Path
    began: datetime
    verdict: Verdict
    size: int
    took_s: float = 0.0
    performer: str = ""
    command: str = ""
    service: str = ""
    destination: str = ""
    version: str = ""
    cause: str = ""


def run_row(file: JournalFile) -> RunRow:
    """The row of a journal; never raises for one that can not be read."""
    # Asked first: a run that ends in between is then told as ended, not as interrupted.
    goes_on = is_going_on(file.path)
    try:
        source = FileSource(file.path)
        try:
            check_is_journal(source)
            summary = summarize(source)
            return _row(file, summary, source, goes_on=goes_on)
        finally:
            source.close()
    except JournalError as error:
        return _unreadable(file, error, goes_on=goes_on)


def is_going_on(path: Path) -> bool:
    """Whether the run of a journal is still being written.

    Where files have no locks this is taken for granted as long as something was written lately."""
    held = is_held(path)
    if held is not None:
        return held
    try:
        return time.time() - path.stat().st_mtime < STILL_S
    except OSError:
        return False


def verdict_of(summary: RunSummary, *, goes_on: bool) -> Verdict:
    """How a run ended; `goes_on` must have been asked before the summary was made."""
    if summary.ended is not None:
        return Verdict(summary.ended.verdict)
    return Verdict.RUNNING if goes_on else Verdict.INTERRUPTED


def _row(file: JournalFile, summary: RunSummary, source: Source, *, goes_on: bool) -> RunRow:
    started = summary.started or _unknown(file.run)
    ended = summary.ended
    return RunRow(
        run=file.run,
        path=file.path,
        began=summary.began or file.began,
        verdict=verdict_of(summary, goes_on=goes_on),
        size=summary.size,
        took_s=ended.took_s if ended else summary.last_t,
        performer=started.performer,
        command=started.command,
        service=started.service,
        destination=started.destination,
        version=started.version,
        cause=_cause(summary.card) if ended else _last_wait(source, summary.size),
    )


def _unreadable(file: JournalFile, error: JournalError, *, goes_on: bool) -> RunRow:
    """A file that is still being written and holds no event yet is a run that has just begun."""
    verdict = Verdict.RUNNING if goes_on and file.size == 0 else Verdict.UNREADABLE
    why = "" if verdict is Verdict.RUNNING else error.what
    return RunRow(file.run, file.path, file.began, verdict, file.size, cause=why)


def _unknown(run: str) -> RunStarted:
    """For a journal whose first lines are damaged."""
    return RunStarted(run=run, command="", service="", performer="", tool_version="", config_file="")


def _cause(card: FailureCard | None) -> str:
    if card is None:
        return ""
    who = f"{card.role}@{card.host}" if card.role and card.host else card.host
    cause = " ".join(card.cause.split())
    return f"{who}: {cause}" if who else cause


def _last_wait(source: Source, size: int) -> str:
    """What was waited for when the last events were written, if anything was explained lately."""
    over: set[int] = set()
    for raw in islice(lines_before(source, size), _LAST_LINES):
        entry = read_line(raw)
        body = entry.event.body if isinstance(entry, Entry) else None
        if isinstance(body, WaitEnded):
            over.add(body.wait)
        elif isinstance(body, WaitExplained) and body.wait not in over:
            return body.why.sentence
    return ""
