"""Opening whatever keeps a run: a journal of ours, or what Kamal printed, made into one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.journal_lock import is_held
from backstaff.events.types import Event
from backstaff.kamallog.read import is_kamal_log, read_kamal_log
from backstaff.replay.index_file import index_path
from backstaff.replay.opening import check_is_journal
from backstaff.replay.recording import Recording
from backstaff.replay.source import FileSource
from backstaff.temporary import temporary_directory

_EVENT_BEGINS = b'{"v":'


@dataclass(frozen=True)
class OpenedRun:
    """A run, ready to be read. `journal` is the file that keeps it; None where it was made of something
    else."""

    recording: Recording
    journal: Path | None

    def goes_on(self) -> bool:
        """Whether somebody writes the journal just now."""
        return self.journal is not None and is_held(self.journal) is True

    def __enter__(self) -> "OpenedRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.recording.close()


def opened(path: Path, progress: Callable[[float], None] | None = None) -> OpenedRun:
    """The run that a file keeps, and whether that is a journal.

    A log of Kamal's is read to its end first; what is made of it is kept in a file without a name, never in
    memory; `progress` is told now and then which share of it is read. Raises `JournalError`, in one line and
    with the way out, for anything else."""
    source = FileSource(path)
    try:
        check_is_journal(source)
    except JournalError as refused:
        begins_as_journal = source.read(0, len(_EVENT_BEGINS)) == _EVENT_BEGINS
        source.close()
        if begins_as_journal or not is_kamal_log(path):
            raise _neither(refused) from None
        return OpenedRun(Recording(_converted(path, progress)), None)
    except BaseException:
        source.close()
        raise
    try:
        return OpenedRun(Recording(source, index_path(path)), path)
    except BaseException:
        source.close()
        raise


def _neither(refused: JournalError) -> JournalError:
    """Of a text that might have been either, say that it is neither."""
    head = "is not a journal: "
    if not refused.what.startswith(head):
        return refused
    why = refused.what.removeprefix(head)
    # That a line is no event says nothing of a file that was never meant to hold any.
    tail = "" if why.startswith("not an event") else f": {why}"
    what = f"is neither a journal nor a log of Kamal's{tail}"
    return JournalError(what, where=refused.where, fix=refused.fix)


def _converted(path: Path, progress: Callable[[float], None] | None) -> FileSource:
    """The events of a log, in a file that is gone as soon as nobody reads it any more."""
    try:
        with temporary_directory("backstaff-replay-") as directory:
            journal = directory / "run.jsonl"
            _write(read_kamal_log(path, progress), journal)
            source = FileSource(journal)
    except OSError as error:
        what = f"what it says can not be kept while it is shown: {error.strerror or error}"
        fix = "make room, or name another directory with TMPDIR"
        raise JournalError(what, where=str(path), fix=fix) from None
    source.name = str(path)
    return source


def _write(events: Iterable[Event], journal: Path) -> None:
    with journal.open("wb") as file:
        for event in events:
            file.write(event.to_line().encode() + b"\n")
