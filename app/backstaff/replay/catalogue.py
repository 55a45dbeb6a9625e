"""The runs that are recorded in a directory: listed newest first, and found by what people call them."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.journal import SUFFIX
from backstaff.explain.words import listed
from backstaff.replay.journal_files import JournalFile, journal_files
from backstaff.replay.run_row import RunRow, Verdict, run_row

LAST = "last"
LAST_FAILED = "last-failed"
ENDED_BADLY = frozenset({Verdict.FAILED, Verdict.REFUSED, Verdict.INTERRUPTED})
"""What `last-failed` looks for."""
_SHORT = 4
_LIST = "`backstaff runs` lists what there is"


def runs_in(
    directory: Path, since: datetime | None = None, until: datetime | None = None
) -> Iterator[RunRow]:
    """The runs of a directory, newest first; each is read only when it is asked for.

    Those that began before `since`, or at `until` or later, are left out unread. What can not be read is a
    row as well. Raises `JournalError` if the directory can not be read."""
    # A name tells the second of the beginning alone.
    earliest = since.replace(microsecond=0) if since else None
    for file in journal_files(directory):
        if (earliest and file.began < earliest) or (until and file.began >= until):
            continue
        row = run_row(file)
        if (since is None or row.began >= since) and (until is None or row.began < until):
            yield row


def short_names(directory: Path) -> dict[str, str]:
    """For each run of a directory the least by which `find_journal` finds it: its last characters where no
    other run's name begins or ends with them, else all of its name.

    Raises `JournalError` if the directory can not be read."""
    files = journal_files(directory)
    ends = Counter(end for file in files for end in (file.run[:_SHORT], file.run[-_SHORT:]))
    return {
        file.run: file.run[-_SHORT:] if file.ours and ends[file.run[-_SHORT:]] == 1 else file.run
        for file in files
    }


def find_journal(wanted: str | None, directory: Path) -> Path:
    """The journal that is meant by a run's name, or its beginning or end; by `last` (or None); by
    `last-failed`; or by the path of a file, which may be anything that can be read.

    Raises `JournalError` if there is none, or more than one; a file that is there is not yet opened."""
    if wanted is None or wanted == LAST:
        return _newest(directory)
    if wanted == LAST_FAILED:
        return _newest_that_ended_badly(directory)
    if not wanted:
        raise JournalError("the name of the run is empty", fix=_LIST)
    named = [] if "/" in wanted else _named(wanted.removesuffix(SUFFIX), directory)
    if len(named) == 1:
        return named[0].path
    path = Path(wanted)
    if _is_there(path):
        return path
    if named:
        runs = listed([file.run for file in named])
        raise JournalError(f"`{wanted}` could be {runs}", fix="give more of the name")
    what = "there is no such file" if "/" in wanted else "there is no such run, and no such file"
    raise JournalError(what, where=wanted, fix=_LIST)


def _newest(directory: Path) -> Path:
    """The newest run that was recorded here, whatever it holds; where there are only other files, the newest
    that can be read."""
    for file in sorted(_some(directory), key=lambda file: not file.ours):
        if file.ours or run_row(file).verdict is not Verdict.UNREADABLE:
            return file.path
    raise JournalError(
        "no file here can be read as a run", where=str(directory), fix="`backstaff runs` says why"
    )


def _newest_that_ended_badly(directory: Path) -> Path:
    for file in _some(directory):
        if run_row(file).verdict in ENDED_BADLY:
            return file.path
    raise JournalError("no recorded run has failed", where=str(directory), fix=_LIST)


def _some(directory: Path) -> list[JournalFile]:
    files = journal_files(directory)
    if not files:
        fix = "`backstaff deploy` records each of its runs; BACKSTAFF_STATE_DIR says where"
        raise JournalError("no runs are recorded yet", where=str(directory), fix=fix)
    return files


def _named(wanted: str, directory: Path) -> list[JournalFile]:
    """The one of exactly this name, else all whose names begin or end with it."""
    files = journal_files(directory)
    exact = [file for file in files if file.run == wanted]
    return exact or [file for file in files if file.run.startswith(wanted) or file.run.endswith(wanted)]


def _is_there(path: Path) -> bool:
    """Whether a path leads to anything; what may not be looked at is told when it is opened."""
    try:
        path.stat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
