"""Reads a journal line by line and makes its index as it goes, a few milliseconds at a time."""

from collections.abc import Iterator
from dataclasses import replace

from backstaff.events.board import Board
from backstaff.events.types import Event
from backstaff.replay.breakdown import Reckoning
from backstaff.replay.entries import Damage, Entry, read_line
from backstaff.replay.folding import EVENT_COST, OUTPUT_COST, STEP_COST, Folding
from backstaff.replay.index import MOST_DAMAGES, Index
from backstaff.replay.lines import RawLine, lines_from
from backstaff.replay.plain_output import PlainOutput, plain_output
from backstaff.replay.source import Source

CHECKPOINT_COST = 10_000
CHECKPOINT_BYTES = 2 * 1024 * 1024
"""After so much there is another Board to start from: what lies between is folded in some 20 ms."""
MOST_OF_JOURNAL = 8
"""A Board of n bytes is kept only after this many times n bytes of journal, so that the index stays small."""
MOST_WAITS = 1_000
"""Of a run with more waits the index does not tell where its time went: to keep them all costs memory, and to
reckon with them more time than keys may wait. Who asks reads the journal for it."""


class IndexBuilder:
    """Goes on with an index from where it ends. `board` is that of all that is covered."""

    def __init__(self, index: Index, board: Board) -> None:
        self._index = index
        self._folding = Folding(board)
        self._reckoning = Reckoning() if index.covered == 0 else None
        """Where the time goes: known of what was seen from the beginning on, with not too many waits."""
        self._cost = 0
        """Of the lines since the last Board was kept."""
        self.trouble: OSError | None = None
        """Why no more Boards are kept."""

    def steps(self, source: Source) -> Iterator[int]:
        """Take in the whole lines there are; yields up to which byte. Raises `JournalError`."""
        contents, cost = self._index.contents, 0
        for raw in lines_from(source, contents.covered):
            if not raw.whole:
                return
            output = plain_output(raw.data)
            spent = self._take_output(output, raw) if output else self._take(raw)
            contents.covered = raw.end
            contents.lines += 1
            cost += spent
            self._cost += spent
            kept = self._is_time() and self.keep_board()
            if kept or cost >= STEP_COST:
                yield contents.covered
                cost = 0

    def keep_board(self) -> bool:
        """Make the place that is covered now one to start from; whether that could be done."""
        self._cost = 0
        if self.trouble is not None:
            return False
        try:
            return self._index.add(self._folding.board())
        except OSError as error:
            self.trouble = error
            return False

    def break_down(self) -> bool:
        """Have the index tell where the time went up to here, if that is known; whether it tells more than
        before."""
        contents, reckoning = self._index.contents, self._reckoning
        if reckoning is None or contents.broken_down >= contents.covered:
            return False
        contents.breakdown = reckoning.breakdown(contents.highest_t)
        contents.broken_down = contents.covered
        return True

    def _is_time(self) -> bool:
        contents = self._index.contents
        last = contents.checkpoints[-1] if contents.checkpoints else None
        since = contents.covered - (last.offset if last else 0)
        enough = self._cost >= CHECKPOINT_COST or since >= CHECKPOINT_BYTES
        return enough and since >= MOST_OF_JOURNAL * (last.size if last else 0)

    def _take_output(self, output: PlainOutput, raw: RawLine) -> int:
        self._folding.fold_output(output, raw.data or b"")
        self._happened(output.t)
        return OUTPUT_COST

    def _take(self, raw: RawLine) -> int:
        contents = self._index.contents
        match read_line(raw):
            case Entry(event=event, end=end):
                self._folding.fold(event)
                contents.marks.see(event, end)
                self._reckon(event)
                self._happened(event.t)
            case Damage() as damage:
                contents.damaged += 1
                if len(contents.damages) < MOST_DAMAGES:
                    contents.damages.append(replace(damage, line=contents.lines + 1))
            case None:
                return OUTPUT_COST
        return EVENT_COST

    def _reckon(self, event: Event) -> None:
        if self._reckoning is None:
            return
        self._reckoning.see(event)
        if self._reckoning.waits > MOST_WAITS:
            self._reckoning = None

    def _happened(self, t: float) -> None:
        contents = self._index.contents
        contents.events += 1
        contents.last_t = t
        contents.highest_t = max(contents.highest_t, t)
