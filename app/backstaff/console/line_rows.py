"""How many rows each line takes on the screen, and which line is at which row."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from backstaff.console.line_text import cells, fold


class Rows:
    """Lines below each other, each on one row, or on as many as it takes where they are wrapped.

    Lines count from 0, those that were dropped at the front not counted. New lines cost time in their own
    number, finding a row in the logarithm of all."""

    def __init__(self) -> None:
        self._sizes: array[int] = array("q")
        """The cells of each line's text; negative where its characters are not all one cell wide."""
        self._ends: array[int] = array("q")
        """Behind which row each line ends, where lines are wrapped. Rows dropped at the front are counted."""
        self._dropped = 0
        self._width: int | None = None
        self.widest = 0
        """The cells of the longest text since lines were laid out from scratch."""

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._sizes)

    @property
    def total(self) -> int:
        """How many rows they take."""
        if self._width is None:
            return len(self._sizes)
        return self._ends[-1] - self._dropped if self._ends else 0

    def clear(self) -> None:
        """Without any lines, but wrapped as before."""
        self._sizes, self._ends = array("q"), array("q")
        self._dropped = self.widest = 0

    def extend(self, texts: Sequence[str]) -> None:
        """Lines with these shown texts come at the end."""
        sizes = [len(text) if text.isascii() else -cells(text) for text in texts]
        self._sizes.extend(sizes)
        self.widest = max(self.widest, max(map(abs, sizes), default=0))
        if self._width is not None:
            self._append_ends(sizes, self._width, texts.__getitem__)

    def drop(self, lines: int) -> None:
        """The first lines go."""
        del self._sizes[:lines]
        if self._width is not None and lines:
            self._dropped = self._ends[lines - 1]
            del self._ends[:lines]

    def wrap(self, width: int | None, text_of: Callable[[int], str]) -> None:
        """Wrap all lines at `width` cells, None for not at all. `text_of` is asked for the text of a line
        only where its size alone does not tell."""
        self._width = width
        self._ends, self._dropped = array("q"), 0
        if width is not None:
            self._append_ends(self._sizes, width, text_of)

    def _append_ends(self, sizes: Sequence[int], width: int, text_of: Callable[[int], str]) -> None:
        heights = [1 if -width <= size <= width else -(-size // width) for size in sizes]
        for line in [line for line, size in enumerate(sizes) if size < -width]:
            heights[line] = len(fold(text_of(line), width))
        end = self._ends[-1] if self._ends else self._dropped
        self._ends.extend(accumulate(heights, initial=end))
        del self._ends[-len(heights) - 1]

    def first_row(self, line: int) -> int:
        """The row on which a line begins; `total` for the line behind the last one."""
        if self._width is None:
            return line
        return self._ends[line - 1] - self._dropped if line else 0

    def line_at(self, row: int) -> tuple[int, int]:
        """The line that takes a row, and which of its rows that is."""
        if self._width is None:
            return row, 0
        line = bisect_right(self._ends, row + self._dropped)
        return line, row - self.first_row(line)
