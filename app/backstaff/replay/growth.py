"""A journal that is made while it is read already: of a log of Kamal's, a little at a time."""

import io
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from backstaff.errors import JournalError
from backstaff.events.types import Event
from backstaff.replay.source import FileSource
from backstaff.temporary import temporary_directory

STEP_S = 0.005
_LOOKS_EVERY = 20


class Growth:
    """Writes events to a file without a name, which is gone as soon as nobody reads it any more.

    What is written may be read at any time from `source`; memory holds none of it."""

    def __init__(
        self,
        path: Path,
        events: Callable[[Callable[[float], None]], Iterator[Event]],
        progress: Callable[[float], None] = lambda _share: None,
    ) -> None:
        """`events` makes those of the log at `path`, and tells which share of it is read; `progress` is told
        that as well.

        At once only so many are written that there is something to be read. Raises `JournalError`."""
        self.share = 0.0
        """Which part of the log is read, from 0 to 1."""
        self.done = False
        """Whether no more of it will be."""
        self.trouble: JournalError | None = None
        """Why reading ended before the end of the log; None while all is well."""
        self._path = path
        self._progress = progress
        self._events = events(self._told)
        self._file, self.source = self._files()
        try:
            while not self.done and not self.source.stamp().size:
                self.further()
        except BaseException:
            self.close()
            self.source.close()
            raise

    def further(self) -> bool:
        """Write some more, for a few milliseconds; False when there is no more. Raises `JournalError`."""
        if self.done:
            return False
        until = perf_counter() + STEP_S
        try:
            for number, event in enumerate(self._events):
                self._file.write(event.to_line().encode() + b"\n")
                if number % _LOOKS_EVERY == 0 and perf_counter() > until:
                    self._file.flush()
                    return True
            self._file.flush()
            self.share = 1.0
            self.close()
        except OSError as error:
            self.trouble = self._no_room(error)
            self.close()
            raise self.trouble from None
        except JournalError as error:
            self.trouble = error
            with suppress(OSError):
                self._file.flush()
            self.close()
            raise
        except BaseException:
            self.close()
            raise
        return False

    def close(self) -> None:
        """Read and write no more. What is not written yet is dropped: there may be no room for it."""
        self.done = True
        events, self._events = self._events, iter(())
        try:
            if isinstance(events, Generator):
                events.close()
        finally:
            # The buffer would write what it holds, and fail as before.
            with suppress(OSError):
                self._file.raw.close()

    def _told(self, share: float) -> None:
        self.share = share
        self._progress(share)

    def _files(self) -> tuple[io.BufferedWriter, FileSource]:
        try:
            with temporary_directory("backstaff-replay-") as directory:
                journal = directory / "run.jsonl"
                file = journal.open("wb")
                source = FileSource(journal)
        except OSError as error:
            raise self._no_room(error) from None
        source.name = str(self._path)
        return file, source

    def _no_room(self, error: OSError) -> JournalError:
        what = f"what it says can not be kept while it is shown: {error.strerror or error}"
        fix = "make room, or name another directory with TMPDIR"
        return JournalError(what, where=str(self._path), fix=fix)
