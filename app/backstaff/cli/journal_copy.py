"""A run's journal, copied to where somebody works."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from backstaff.errors import JournalError
from backstaff.events.journal import SUFFIX


def copy_journal(journal: Path, directory: Path) -> Path:
    """Copy a journal, as far as it is written, to `backstaff-RUN.jsonl`; where it went.

    The copy is its owner's alone. Nothing is ever overwritten: a second copy gets a number. Raises
    `JournalError`."""
    for number in count(1):
        path = directory / export_name(journal, SUFFIX, number)
        try:
            copy_journal_to(journal, path)
        except FileExistsError:
            continue
        return path
    raise AssertionError("numbers do not end")


def export_name(journal: Path, suffix: str, number: int = 1) -> str:
    """How a file that is made of a journal is called: `backstaff-RUN.jsonl`, `backstaff-RUN-2.html`."""
    run = journal.name.removesuffix(SUFFIX).removesuffix(".log")
    stem = f"backstaff-{run.removeprefix('backstaff-')}"
    return f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"


def copy_journal_to(journal: Path, path: Path) -> None:
    """Copy a journal, as far as it is written, to a new file that is its owner's alone.

    Raises `FileExistsError`, and `JournalError` for all else."""
    try:
        with journal.open("rb") as source, new_file(path) as copy:
            shutil.copyfileobj(source, copy)
    except FileExistsError:
        raise
    except OSError as error:
        raise JournalError(f"can not be copied: {error}", where=str(journal)) from error


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file of mode 0600, which is gone again if it could not be written whole. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
