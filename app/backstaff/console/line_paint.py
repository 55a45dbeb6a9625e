"""Drawing a row of a sheet: columns, text, and what lies over them."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from backstaff.console.line_sheet import GUTTER, Sheet, Spot
from backstaff.console.line_store import Entry
from backstaff.console.line_text import window

Layer = tuple[int, int, Style]
"""A style over the characters from one position up to another."""

E = TypeVar("E", bound=Entry)


class Mark(StrEnum):
    """What a line is to the operator. The value stands in the gutter, so that it needs no colour."""

    NONE = " "
    CURSOR = ">"
    SELECTED = "|"


MORE = ">"
"""Stands at the right edge where a line goes on."""


class Painter(Generic[E]):
    """Draws rows of a sheet. `style_of` knows the component styles, by the ends of their names.

    The characters of a line are numbered over columns and text, and the segments of a strip tell Textual's
    text selection which ones they hold, as offsets of character and line number: those stay what they are
    however the sheet is scrolled and wrapped."""

    def __init__(self, sheet: Sheet[E], style_of: Callable[[str], Style], base: Style) -> None:
        self._sheet = sheet
        self._style_of = style_of
        self._base = base

    def blank(self, width: int, text: str = "") -> Strip:
        """A row without a line, or with something that is said in its place."""
        if not text:
            return Strip.blank(width, self._base)
        shown = text[: window(text, 0, width - GUTTER).end]
        segments = [Segment(" " * GUTTER, self._base), Segment(shown, self._base + self._style_of("dim"))]
        return Strip(segments).extend_cell_length(width, self._base)

    def row(
        self, spot: Spot, scrolled: int, width: int, mark: Mark, selection: tuple[int, int] | None
    ) -> Strip:
        """A row of a line that is in the store, of which the first `scrolled` cells of text are out of
        sight. `selection` is given in characters of the line; -1 is its end."""
        entry = self._sheet.entry(spot.number)
        pieces = self._sheet.head.pieces(entry)
        head = "".join(text for text, _ in pieces)
        base = self._base if mark is Mark.NONE else self._base + self._style_of(mark.name.lower())
        line = head + entry.text
        layers = self._layers(pieces, entry, len(head), mark)
        if selection is not None:
            start, end = selection
            layers.append((max(0, start), len(line) if end < 0 else end, self._style_of("selection")))
        left = self._left(spot, line, len(head), layers, base, mark)
        text = self._text(spot, line, len(head), layers, base, scrolled)
        return Strip.join([left, text]).extend_cell_length(width, base)

    def _layers(self, pieces: Sequence[tuple[str, str]], entry: E, head: int, mark: Mark) -> list[Layer]:
        layers: list[Layer] = []
        position = 0
        for text, kind in pieces:
            if kind:
                layers.append((position, position + len(text), self._style_of(kind)))
            position += len(text)
        if tone := self._sheet.look.tone(entry):
            layers.append((head, head + len(entry.text), self._style_of(tone)))
        if self._sheet.search is not None:
            found = self._style_of("current-match" if mark is Mark.CURSOR else "match")
            spans = self._sheet.search.spans(entry.text)
            layers += [(head + start, head + end, found) for start, end in spans]
        return layers

    def _left(self, spot: Spot, line: str, head: int, layers: list[Layer], base: Style, mark: Mark) -> Strip:
        """The gutter and the columns; below the first row of a line the columns are blank, and so is the
        gutter at the cursor."""
        shown = Mark.NONE if spot.part and mark is Mark.CURSOR else mark
        gutter = [Segment(shown.value, base + self._style_of("mark"))]
        if spot.part == 0:
            strip = Strip([*gutter, *paint(line, 0, head, layers, base)])
            return strip.apply_offsets(-GUTTER, spot.number)
        indent = self._sheet.head.width
        start = head + self._sheet.part_of(spot)[0]
        strip = Strip([*gutter, Segment(" " * indent, base)] if indent else gutter)
        return strip.apply_offsets(max(-GUTTER, start - indent - GUTTER), spot.number)

    def _text(
        self, spot: Spot, line: str, head: int, layers: list[Layer], base: Style, scrolled: int
    ) -> Strip:
        start, end = self._sheet.part_of(spot)
        lead, more = 0, False
        if not self._sheet.wrapped:
            text, room = line[head:], self._sheet.text_width
            start, end, lead = window(text, scrolled, room)
            more = end < len(text)
            if more:
                start, end, lead = window(text, scrolled, room - 1)
        segments = [Segment(" " * lead, base)] if lead else []
        strip = Strip([*segments, *paint(line, head + start, head + end, layers, base)])
        strip = strip.apply_offsets(head + start - lead, spot.number)
        if not more:
            return strip
        gap = " " * (self._sheet.text_width - 1 - strip.cell_length)
        return Strip([*strip, Segment(gap + MORE, base + self._style_of("dim"))])


def paint(text: str, start: int, end: int, layers: Sequence[Layer], base: Style) -> list[Segment]:
    """The characters of `text` from `start` up to `end`, with all layers one over the other."""
    over = [(max(a, start), min(b, end), style) for a, b, style in layers if a < end and b > start and a < b]
    cuts = sorted({start, end, *(a for a, _, _ in over), *(b for _, b, _ in over)})
    segments: list[Segment] = []
    waiting = sorted(range(len(over)), key=lambda layer: over[layer][0], reverse=True)
    active: list[int] = []
    for a, b in pairwise(cuts):
        while waiting and over[waiting[-1]][0] <= a:
            active.append(waiting.pop())
        active = sorted(layer for layer in active if over[layer][1] > a)
        style = base
        for layer in active:
            style += over[layer][2]
        segments.append(Segment(text[a:b], style))
    return segments
