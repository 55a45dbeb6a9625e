"""A configuration file's text, and where each character of its rendered form came from."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backstaff.config.positions import Position


@dataclass(frozen=True)
class Span:
    """A stretch of rendered text. Copied text keeps its columns; generated text has one origin."""

    rendered: int
    original: int
    copied: bool


class SourceText:
    """Original text of a file: turns offsets into positions."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self._line_starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]

    def position(self, offset: int) -> Position:
        """Position of the character at `offset`; beyond the end, that of the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return Position(self.file, line, offset - self._line_starts[line - 1] + 1)

    def line_start(self, line: int) -> int:
        """Offset at which a line (counted from 1) starts; lines past the end start at the end."""
        return self._line_starts[line - 1] if line <= len(self._line_starts) else len(self.text)


class RenderedText:
    """Text after its templates were evaluated, with the way back to the file."""

    def __init__(self, source: SourceText, text: str, spans: Sequence[Span]) -> None:
        self.source = source
        self.text = text
        self._spans = spans
        self._starts = [span.rendered for span in spans]

    def position(self, offset: int) -> Position:
        """Where the rendered character at `offset` was written in the file."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return self.source.position(offset)
        span = self._spans[index]
        return self.source.position(span.original + (offset - span.rendered if span.copied else 0))


def unrendered(source: SourceText) -> RenderedText:
    """A text without templates, which is its own rendering."""
    return RenderedText(source, source.text, (Span(0, 0, copied=True),))
