"""Where the index of a journal is kept. Apart from the index itself, which takes its time to load."""

from pathlib import Path

SUFFIX = ".idx"
_NEW = ".new"


def index_path(journal: Path) -> Path:
    """Where the index of a journal is kept: beside it."""
    return journal.with_name(journal.name + SUFFIX)


def unfinished(index: Path) -> Path:
    """Where an index is written before it takes its place."""
    return index.with_name(index.name + _NEW)
