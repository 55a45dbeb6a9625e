"""Looks at all files below some directories for as long as something goes on."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tests.lab.secret_forms import SecretForms

_PAUSE_S = 0.02
"""Between two rounds, for whoever has something to do."""


@dataclass(frozen=True)
class Holder:
    """A file that had a secret in it, and as it was then. `file` begins with the name of a directory looked
    into."""

    file: str
    secret: str
    mode: int
    owner: int
    directory_mode: int
    directory_owner: int


class FileWatch:
    """Rounds over directories, which are given by name. A file is read again when it has changed."""

    def __init__(self, directories: Mapping[str, Path], secrets: Sequence[str]) -> None:
        self._directories = directories
        self._secrets = secrets
        self._forms = SecretForms(secrets)
        self._states: dict[str, tuple[int, ...]] = {}
        self.holders: set[Holder] = set()

    def look(self) -> None:
        """One round."""
        for name, top in self._directories.items():
            for directory, _, files, descriptor in os.fwalk(top):
                place = name + directory.removeprefix(str(top))
                for file in files:
                    # It may be gone again, or be something that can not be read by anybody.
                    with suppress(OSError):
                        self._look_at(f"{place}/{file}", file, descriptor)

    def _look_at(self, place: str, file: str, directory: int) -> None:
        now = os.stat(file, dir_fd=directory, follow_symlinks=False)
        state = (now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
        if not stat.S_ISREG(now.st_mode) or self._states.get(place) == state:
            return
        with os.fdopen(os.open(file, os.O_RDONLY, dir_fd=directory), "rb") as opened:
            found = self._forms.found_in(opened.read())
            itself, above = os.fstat(opened.fileno()), os.fstat(directory)
        self._states[place] = state
        modes = stat.S_IMODE(itself.st_mode), itself.st_uid, stat.S_IMODE(above.st_mode), above.st_uid
        self.holders |= {Holder(place, self._secrets[number], *modes) for number in found}


@contextmanager
def watching_files(directories: Mapping[str, Path], secrets: Sequence[str]) -> Iterator[FileWatch]:
    """Watch while the body runs. What is there for less than a round may not be seen."""
    watch = FileWatch(directories, secrets)
    over = Event()

    def rounds() -> None:
        while not over.wait(_PAUSE_S):
            watch.look()

    with ThreadPoolExecutor(1) as thread:
        all_rounds = thread.submit(rounds)
        try:
            yield watch
        finally:
            over.set()
        all_rounds.result()
