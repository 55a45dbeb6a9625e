"""The journals of a directory, as their names and dates tell: nothing is opened."""

import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.bounds import time_of_file
from backstaff.events.journal import SUFFIX, began_at


@dataclass(frozen=True)
class JournalFile:
    """A file that is a journal by its name, or claims to be one.

    `run` is its name without the suffix. Files of `ours` have a name that a run was given, and are no links;
    `began` is when that run began, of other files their last change."""

    path: Path
    run: str
    began: datetime
    changed_ns: int
    size: int
    ours: bool


def journal_files(directory: Path) -> list[JournalFile]:
    """The journals in a directory, newest first; none if there is no such directory.

    Raises `JournalError` if it can not be read."""
    found: list[JournalFile] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                file = _journal_file(entry) if entry.name.endswith(SUFFIX) else None
                if file is not None:
                    found.append(file)
    except FileNotFoundError:
        return []
    except OSError as error:
        fix = "name another one with BACKSTAFF_STATE_DIR" if isinstance(error, PermissionError) else ""
        what = f"the directory of runs can not be read: {error.strerror or error}"
        raise JournalError(what, where=str(directory), fix=fix) from None
    return sorted(found, key=lambda file: (file.began, file.changed_ns, file.run), reverse=True)


def _journal_file(entry: os.DirEntry[str]) -> JournalFile | None:
    """None for a file that somebody else has removed in the meantime."""
    run = entry.name.removesuffix(SUFFIX)
    try:
        known = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    began = began_at(run)
    return JournalFile(
        path=Path(entry.path),
        run=run,
        began=began or time_of_file(known),
        changed_ns=known.st_mtime_ns,
        size=known.st_size,
        ours=began is not None and stat.S_ISREG(known.st_mode),
    )
