"""Keeping the recorded runs within bounds: which ones go, and how they are removed."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from backstaff.events.journal import SUFFIX, began_at
from backstaff.replay.index_path import SUFFIX as INDEX_SUFFIX
from backstaff.replay.index_path import index_path, unfinished
from backstaff.replay.journal_files import JournalFile, journal_files
from backstaff.replay.run_row import is_going_on

KEPT_RUNS = 200
KEPT_FOR = timedelta(days=90)
KEPT_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Bounds:
    """How many runs are kept, for how long, and how many bytes of them; None is no bound."""

    runs: int | None = None
    age: timedelta | None = None
    size: int | None = None


USUAL_BOUNDS = Bounds(KEPT_RUNS, KEPT_FOR, KEPT_BYTES)
"""What every recorded run leaves behind itself."""


@dataclass(frozen=True)
class Kept:
    """A run in its directory: its journal, its index, and how many bytes they take together."""

    file: JournalFile
    size: int


@dataclass(frozen=True)
class Pruned:
    """What became of the runs that were chosen. `troubles` has a sentence for each that could not be removed,
    `freed` is in bytes."""

    removed: tuple[JournalFile, ...] = ()
    freed: int = 0
    troubles: tuple[str, ...] = ()


def choose(runs: Iterable[Kept], bounds: Bounds, now: datetime) -> list[Kept]:
    """Which runs exceed the bounds, oldest first. What is not ours is neither chosen nor counted.

    However big the newest run is, the bound on size leaves it."""
    ours = [run for run in runs if run.file.ours]
    ours.sort(key=lambda run: (run.file.began, run.file.changed_ns), reverse=True)
    chosen: list[Kept] = []
    kept = total = 0
    for run in ours:
        too_many = bounds.runs is not None and kept >= bounds.runs
        too_old = bounds.age is not None and now - run.file.began > bounds.age
        too_big = bounds.size is not None and kept > 0 and total + run.size > bounds.size
        if too_many or too_old or too_big:
            chosen.append(run)
        else:
            kept, total = kept + 1, total + run.size
    return chosen[::-1]


def prune(directory: Path, bounds: Bounds, now: datetime, *, dry_run: bool = False) -> Pruned:
    """Remove what exceeds the bounds, but no run that goes on; and indexes whose journal is gone.

    With `dry_run` it only tells what would be removed. Another process may prune at the same time. Raises
    `JournalError` if the directory can not be read."""
    runs = [Kept(file, file.size + _index_size(file.path)) for file in journal_files(directory)]
    removed: list[Kept] = []
    troubles: list[str] = []
    for run in choose(runs, bounds, now):
        if is_going_on(run.file.path):
            continue
        try:
            if dry_run or _remove(run.file.path):
                removed.append(run)
        except OSError as error:
            troubles.append(f"{run.file.path} can not be removed: {error.strerror or error}")
    freed = sum(run.size for run in removed) + (0 if dry_run else _remove_orphans(directory))
    return Pruned(tuple(run.file for run in removed), freed, tuple(troubles))


def _remove(journal: Path) -> bool:
    """Remove a journal and its index; False if somebody else was quicker. Raises OSError."""
    try:
        journal.unlink()
    except FileNotFoundError:
        return False
    index_path(journal).unlink(missing_ok=True)
    unfinished(index_path(journal)).unlink(missing_ok=True)
    return True


def _index_size(journal: Path) -> int:
    try:
        return index_path(journal).stat().st_size
    except OSError:
        return 0


def _remove_orphans(directory: Path) -> int:
    """Remove indexes of runs whose journal is gone; how many bytes that freed.

    One that can not be removed is left for the next time: it does no harm."""
    freed = 0
    for path in directory.glob(f"*{SUFFIX}{INDEX_SUFFIX}*"):
        if not _is_orphan(path):
            continue
        with suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed


def _is_orphan(path: Path) -> bool:
    run = path.name.partition(SUFFIX)[0]
    journal = path.with_name(run + SUFFIX)
    is_index = path in {index_path(journal), unfinished(index_path(journal))}
    return is_index and began_at(run) is not None and not journal.exists()
