"""Opening whatever keeps a run: a journal of ours, or what Kamal printed, made into one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.journal_lock import is_held
from backstaff.kamallog.read import is_kamal_log, read_kamal_log
from backstaff.replay.growth import Growth
from backstaff.replay.index_path import index_path
from backstaff.replay.opening import check_is_journal
from backstaff.replay.recording import Recording
from backstaff.replay.source import FileSource

_EVENT_BEGINS = b'{"v":'


@dataclass(frozen=True)
class OpenedRun:
    """A run, ready to be read. `journal` is the file that keeps it; None where it was made of something
    else: then `growth` reads on in that, as long as it is asked to."""

    recording: Recording
    journal: Path | None
    growth: Growth | None = None

    def goes_on(self) -> bool:
        """Whether somebody writes the journal just now, or not all of what it is made of is read."""
        if self.growth is not None:
            return not self.growth.done
        return self.journal is not None and is_held(self.journal) is True

    def __enter__(self) -> "OpenedRun":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self.growth is not None:
                self.growth.close()
        finally:
            self.recording.close()


def opened(path: Path, progress: Callable[[float], None] | None = None) -> OpenedRun:
    """The run that a file keeps, and whether that is a journal.

    A log of Kamal's is read to its end first; `progress` is told now and then which share of it is read.
    Raises `JournalError` as `opened_at_once` does."""
    run = opened_at_once(path, progress or (lambda _share: None))
    try:
        while run.growth is not None and run.growth.further():
            pass
    except BaseException:
        run.__exit__()
        raise
    return run


def opened_at_once(path: Path, progress: Callable[[float], None] = lambda _share: None) -> OpenedRun:
    """The same, of a log no more than its beginning: its `growth` reads on.

    What is made of it is kept in a file without a name, never in memory. Raises `JournalError`, in one line
    and with the way out, for what is neither a journal nor a log."""
    source = FileSource(path)
    try:
        check_is_journal(source)
    except JournalError as refused:
        begins_as_journal = source.read(0, len(_EVENT_BEGINS)) == _EVENT_BEGINS
        source.close()
        if begins_as_journal or not is_kamal_log(path):
            raise _neither(refused) from None
        return _of_log(path, progress)
    except BaseException:
        source.close()
        raise
    try:
        return OpenedRun(Recording(source, index_path(path)), path)
    except BaseException:
        source.close()
        raise


def _of_log(path: Path, progress: Callable[[float], None]) -> OpenedRun:
    growth = Growth(path, partial(read_kamal_log, path), progress)
    try:
        return OpenedRun(Recording(growth.source, growth=growth), None, growth)
    except BaseException:
        growth.close()
        growth.source.close()
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
