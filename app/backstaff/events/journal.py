"""The journal: one file per run, one event per line, written as the events happen."""

import os
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from platformdirs import user_state_path

from backstaff.events.bounds import can_be
from backstaff.events.types import Event
from backstaff.file_lock import try_to_lock

STATE_DIR_VARIABLE = "BACKSTAFF_STATE_DIR"
SUFFIX = ".jsonl"
_RUN_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[0-9a-f]{4}", re.ASCII)


def new_run_id(at: datetime) -> str:
    """A name for a run that begins at `at`, such as `20261123-120357-a1b2`; names sort by time."""
    return f"{at.astimezone(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def began_at(run: str) -> datetime | None:
    """When the run of this name began, to the second; None for what is no name that `new_run_id` gives."""
    name = _RUN_ID.fullmatch(run)
    if name is None:
        return None
    try:
        at = datetime.fromisoformat("{}-{}-{}T{}:{}:{}+00:00".format(*name.groups()))
    except ValueError:
        return None
    return at if can_be(at) else None


def journal_directory() -> Path:
    """Where journals are kept: `runs` in $BACKSTAFF_STATE_DIR, else in the platform's state directory."""
    chosen = os.environ.get(STATE_DIR_VARIABLE)
    base = Path(chosen).expanduser() if chosen else user_state_path("backstaff", appauthor=False)
    return base / "runs"


class JournalWriter:
    """A sink that keeps a run in `directory/RUN.jsonl`, readable by its owner alone.

    Every event is handed to the system as it comes, so that a killed run can be read up to its last whole
    event. The first event tells the format version, as each one does. The file is locked until the run is
    over, so that readers can tell one that goes on from one that was cut off. A journal that can not be
    written costs no deploy: `complain` gets one sentence, and nothing more is written; one that can not be
    locked is written all the same.
    """

    def __init__(self, directory: Path, run: str, complain: Callable[[str], None]) -> None:
        self.path = directory / f"{run}{SUFFIX}"
        self._complain = complain
        self._file: FileIO | None = None
        self._broken = False
        self._lock_settled = False

    def __call__(self, event: Event) -> None:
        """Write one event."""
        if self._broken:
            return
        try:
            if self._file is None:
                self._file = _create(self.path)
            if not self._lock_settled:
                self._lock_settled = try_to_lock(self._file.fileno())
            _write_whole(self._file, event.to_line().encode() + b"\n")
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Have the system put the file on its disk, and close it."""
        if self._file is None:
            return
        try:
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self._give_up(error)
        self._file = None

    def _give_up(self, error: OSError) -> None:
        self._broken = True
        reason = error.strerror or str(error)
        self._complain(f"this run is no longer recorded: {self.path}: {reason}")


def _create(path: Path) -> FileIO:
    """A new file of mode 0600 in a directory of mode 0700; an existing file is an error."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & 0o077:
        path.parent.chmod(0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    return FileIO(descriptor, "wb")


def _write_whole(file: FileIO, data: bytes) -> None:
    """A full disk shows as a short write first, and as an error only at the next one."""
    while data:
        data = data[file.write(data) :]
