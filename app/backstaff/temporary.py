"""Temporary directories that are gone when the process is, also when it ends without unwinding.

Each is locked by its process for as long as that lives. So what a process had to leave behind that was
killed is known by its lock being free, and is removed by the next one that makes a directory.
"""

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from backstaff.file_lock import try_to_lock

_PREFIX = "backstaff-"
_SUFFIX = ".tmp"
_TRIES = 3
_LAST_TRIES = 100
_PAUSE_S = 0.01

_lock = Lock()
_made: dict[Path, int] = {}
"""Our directories, and the descriptors that hold their locks."""
_swept: set[Path] = set()
"""Where we have looked for what others left behind."""
_ended = False


def make_directory(prefix: str, inside: Path | None = None) -> Path:
    """A new directory that only we may enter, `inside` another or where temporary files go. Whoever makes one
    removes it with `remove`.

    `prefix` begins with `backstaff-`. Raises OSError, also once `remove_all` was called.
    """
    parent = inside or Path(tempfile.gettempdir())
    with _lock:
        if _ended:
            raise OSError(errno.ESHUTDOWN, "this process ends")
        _sweep(parent)
        while True:
            directory = Path(tempfile.mkdtemp(prefix=prefix, suffix=_SUFFIX, dir=parent))
            with suppress(FileNotFoundError):
                descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
                if try_to_lock(descriptor) and directory.exists():
                    _made[directory] = descriptor
                    return directory
                # Another process has just taken it for one that was left behind.
                os.close(descriptor)


def remove(directory: Path) -> None:
    """Remove a directory of ours and all in it. What can not be removed stays."""
    with _lock:
        _remove(directory, _TRIES, 0)


def remove_all() -> None:
    """Remove every directory there still is, and make no more: the last thing before `os._exit`, which
    unwinds nothing. Programs that were just killed may still write into one, for a moment. Blocks."""
    global _ended
    with _lock:
        _ended = True
        for directory in tuple(_made):
            _remove(directory, _LAST_TRIES, _PAUSE_S)


@contextmanager
def temporary_directory(prefix: str) -> Iterator[Path]:
    """A directory for as long as the body runs."""
    directory = make_directory(prefix)
    try:
        yield directory
    finally:
        remove(directory)


def _remove(directory: Path, tries: int, pause_s: float) -> None:
    for _ in range(tries):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            break
        time.sleep(pause_s)
    descriptor = _made.pop(directory, None)
    if descriptor is not None:
        os.close(descriptor)


def _sweep(place: Path) -> None:
    """Remove what processes that are gone had in the same place."""
    if place in _swept:
        return
    _swept.add(place)
    for directory in place.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            _remove_if_left(directory)


def _remove_if_left(directory: Path) -> None:
    """Raises OSError for a directory that somebody has locked, or that is not a user's own to remove."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid == os.getuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
    finally:
        os.close(descriptor)
