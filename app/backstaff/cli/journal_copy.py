"""A run's journal, copied to where somebody works."""

import os
import shutil
from itertools import count
from pathlib import Path
from typing import BinaryIO

from backstaff.errors import JournalError
from backstaff.events.journal import SUFFIX


def copy_journal(journal: Path, directory: Path) -> Path:
    """Copy a journal, as far as it is written, to `backstaff-RUN.jsonl`; where it went.

    The copy is its owner's alone. Nothing is ever overwritten: a second copy gets a number. Raises
    `JournalError`."""
    try:
        with journal.open("rb") as source:
            path, copy = _new_file(directory, f"backstaff-{journal.name.removesuffix(SUFFIX)}")
            with copy:
                shutil.copyfileobj(source, copy)
    except OSError as error:
        raise JournalError(f"can not be copied: {error}", where=str(journal)) from error
    return path


def _new_file(directory: Path, stem: str) -> tuple[Path, BinaryIO]:
    for number in count(1):
        path = directory / (f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        return path, os.fdopen(descriptor, "wb")
    raise AssertionError("numbers do not end")
