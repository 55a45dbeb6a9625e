"""Temporary directories that are gone when the process is, also when it ends without unwinding."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_made: set[Path] = set()


def make_directory(prefix: str) -> Path:
    """A new directory that only we may enter. Whoever makes one removes it with `remove`."""
    directory = Path(tempfile.mkdtemp(prefix=prefix))
    _made.add(directory)
    return directory


def remove(directory: Path) -> None:
    """Remove a directory of ours and all in it. What can not be removed stays."""
    shutil.rmtree(directory, ignore_errors=True)
    _made.discard(directory)


def remove_all() -> None:
    """Remove every directory there still is: the last thing before `os._exit`, which unwinds nothing."""
    for directory in tuple(_made):
        remove(directory)


@contextmanager
def temporary_directory(prefix: str) -> Iterator[Path]:
    """A directory for as long as the body runs."""
    directory = make_directory(prefix)
    try:
        yield directory
    finally:
        remove(directory)
