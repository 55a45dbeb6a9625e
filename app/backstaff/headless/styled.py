"""Text in pieces that each have a tone: what is painted is known apart from what is said."""

from dataclasses import dataclass

from backstaff.headless.colour import Tone


@dataclass(frozen=True)
class Styled:
    """A line, or a part of one. As a text it has no colours.

    Colours are only put on where it is printed, after each piece was made inert: so none of the codes that
    reach a terminal can come from a text, and whoever makes lines need not think of it."""

    pieces: tuple[tuple[str, Tone], ...] = ()

    def __add__(self, other: "Shown") -> "Styled":
        return Styled(self.pieces + _pieces(other))

    def __radd__(self, other: str) -> "Styled":
        return Styled(_pieces(other) + self.pieces)

    def __str__(self) -> str:
        return "".join(text for text, _ in self.pieces)

    def rstrip(self) -> "Styled":
        """Without blanks at its end."""
        pieces = list(self.pieces)
        while pieces:
            text, tone = pieces.pop()
            if kept := text.rstrip():
                return Styled((*pieces, (kept, tone)))
        return Styled()


Shown = str | Styled
"""What can be printed as a line; a plain text has no colour."""


def styled(text: str, tone: Tone) -> Styled:
    """One piece."""
    return Styled(((text, tone),))


def _pieces(shown: Shown) -> tuple[tuple[str, Tone], ...]:
    return shown.pieces if isinstance(shown, Styled) else ((shown, Tone.PLAIN),)
