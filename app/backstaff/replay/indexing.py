"""The index of a journal through its life: found, checked, gone on with, kept for the next time."""

from collections.abc import Iterator
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.replay.blobs import Blobs
from backstaff.replay.breakdown import KINDS, Breakdown
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.index import Contents, Index
from backstaff.replay.index_builder import IndexBuilder
from backstaff.replay.index_file import load_index, save_index
from backstaff.replay.lines import lines_from
from backstaff.replay.source import Source

WORTH_KEEPING = 1024 * 1024
"""A smaller journal is folded sooner than its index is found."""
_SMALL_REST = 1024 * 1024
GROWN = 1.25
"""By how much more must be covered before the file is written again while the journal grows."""


class Indexing:
    """Makes the index of one journal, and keeps it at `path`, if there is one.

    `index` is what there is so far; another takes its place when it turns out to be damaged."""

    def __init__(self, source: Source, path: Path | None) -> None:
        self.trouble = ""
        """Why the index is not kept, or not whole; empty while all is well."""
        self._source = source
        self._path = path
        self._loaded = load_index(path, source) if path else None
        self._checked = False
        self._builder: IndexBuilder | None = None
        self._opened = [self._loaded.blobs] if self._loaded else []
        self.index = self._loaded or self._new()
        self._kept_to = self.index.covered

    def steps(self) -> Iterator[int]:
        """Go on with the index up to the end of the journal as it is now, and keep it.

        Yields every few milliseconds up to which byte it is done. May be left at any time and called again,
        also when the journal has grown; one at a time. Raises `JournalError` if the journal can not be
        read."""
        yield from self._check()
        size = self._source.stamp().size
        if size < self.index.covered:
            raise JournalError("has become shorter while it was read", where=self._source.name)
        if size == self.index.covered:
            return
        builder = self._builder = self._builder or self._go_on()
        yield from builder.steps(self._source)
        if builder.trouble:
            self._can_not(builder.trouble)
        if self.index.covered >= GROWN * self._kept_to:
            self.keep()

    def keep(self) -> None:
        """Write the index to its file, if that is worth it and there is anything new. Never raises."""
        index, builder, path = self.index, self._builder, self._path
        if builder is None or path is None or index.covered < max(WORTH_KEEPING, self._kept_to + 1):
            return
        if not builder.keep_board():
            return
        builder.break_down()
        try:
            save_index(index, path, self._source)
        except (OSError, JournalError) as error:
            self._can_not(error)
            return
        self._kept_to = index.covered

    def breakdown(self) -> Breakdown | None:
        """Where the time of the run went; None where the index can not tell, as it does not know all of the
        run, or was not made in one go. Raises `JournalError` if the journal can not be read."""
        if self._builder is not None and self._builder.break_down():
            self._kept_to = min(self._kept_to, self.index.covered - 1)
            self.keep()
        known, told = self.index.contents.broken_down, self.index.contents.breakdown
        size = self._source.stamp().size
        if told is None or size - known > _SMALL_REST:
            return None
        rest = [
            each.event for raw in lines_from(self._source, known) if isinstance(each := read_line(raw), Entry)
        ]
        last_t = max((event.t for event in rest), default=0.0)
        goes_on = any(event.body.kind.encode() in KINDS for event in rest)
        return None if goes_on or last_t > told.total_s else told

    def close(self) -> None:
        """Let go of all files."""
        for blobs in self._opened:
            blobs.close()

    def _new(self) -> Index:
        blobs = Blobs(directory=self._path.parent if self._path else None)
        self._opened.append(blobs)
        return Index(Contents(), blobs)

    def _check(self) -> Iterator[int]:
        """Once: whether every Board in the file is as it was written. If not, all is made anew."""
        if self._checked or self._loaded is None:
            return
        for checkpoint in self._loaded.contents.checkpoints:
            if not self._loaded.is_sound(checkpoint):
                self._start_over()
                break
            yield self._loaded.covered
        self._checked = True

    def _start_over(self) -> None:
        self._loaded = None
        self._kept_to = 0
        self.index = self._new()

    def _go_on(self) -> IndexBuilder:
        """From the last Board in the file, which is that of all that is covered; else from the start."""
        if self._loaded is None:
            return IndexBuilder(self.index, Board())
        board = self._last_board(self._loaded)
        if board is None:
            self._start_over()
            return IndexBuilder(self.index, Board())
        return IndexBuilder(self.index, board)

    def _last_board(self, loaded: Index) -> Board | None:
        """With the index made ready to go on: more Boards go into a copy, not into the file."""
        board, offset = loaded.nearest_before(loaded.covered)
        if offset != loaded.covered:
            return None
        try:
            loaded.blobs = loaded.blobs.copied()
        except OSError:
            return None
        self._opened.append(loaded.blobs)
        return board

    def _can_not(self, error: OSError | JournalError) -> None:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        self.trouble = f"the index can not be kept: {self._path or self._source.name}: {reason}"
