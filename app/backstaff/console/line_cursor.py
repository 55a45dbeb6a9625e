"""The line that an operator is at, and the lines selected from there."""

from typing import Generic, TypeVar

from backstaff.console.line_paint import Mark
from backstaff.console.line_sheet import Sheet
from backstaff.console.line_store import Entry

E = TypeVar("E", bound=Entry)


class Cursor(Generic[E]):
    """A place among the lines of a sheet, by the number of a line. Without one nothing is selected."""

    def __init__(self, sheet: Sheet[E]) -> None:
        self._sheet = sheet
        self.number: int | None = None
        """The line it is at."""
        self.anchor: int | None = None
        """The other end of the selected lines."""

    def remove(self) -> None:
        """Be nowhere."""
        self.number = self.anchor = None

    def put(self, number: int) -> None:
        """Go to a line. Selected lines end there from now on."""
        self.number = number

    def select(self) -> None:
        """Begin to select at the line it is at."""
        self.anchor = self.number

    def unselect(self) -> None:
        """Have no lines selected."""
        self.anchor = None

    def moved(self, lines: int) -> int | None:
        """The line so many further down; None beyond the ends of the sheet."""
        if self.number is None or not self._sheet.count:
            return None
        place = self._sheet.place_of(self.number) + lines
        return self._sheet.number_at(place) if 0 <= place < self._sheet.count else None

    def settle(self) -> None:
        """Stay on the sheet after lines have gone: at the nearest one that is left."""
        if self.number is None:
            return
        if not self._sheet.count:
            self.remove()
            return
        self.number = self._nearest(self.number)
        if self.anchor is not None:
            self.anchor = self._nearest(self.anchor)

    def _nearest(self, number: int) -> int:
        return self._sheet.number_at(self._sheet.place_of(number))

    @property
    def selected(self) -> tuple[int, int] | None:
        """The first and the last of the selected lines."""
        if self.number is None or self.anchor is None:
            return None
        return min(self.number, self.anchor), max(self.number, self.anchor)

    def mark_of(self, number: int) -> Mark:
        """How a line is marked."""
        if number == self.number:
            return Mark.CURSOR
        selected = self.selected
        return Mark.SELECTED if selected and selected[0] <= number <= selected[1] else Mark.NONE
