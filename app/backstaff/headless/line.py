"""One line of headless output, before it gets its time and its place."""

from dataclasses import dataclass
from enum import IntEnum

from backstaff.headless.colour import Tone


class Detail(IntEnum):
    """How much is said: -q, nothing, -v."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


@dataclass(frozen=True)
class Line:
    """Who a line is about, and what happened. It is shown from the detail `needs` to the detail `until`.

    `parts` say more; they follow the text where there is room for all of them, else on lines of their own.
    """

    text: str
    host: str = ""
    role: str = ""
    tone: Tone = Tone.PLAIN
    needs: Detail = Detail.NORMAL
    until: Detail = Detail.VERBOSE
    parts: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """The text with its parts, on one line."""
        return f"{self.text}: {'; '.join(self.parts)}" if self.parts else self.text


def clauses(text: str) -> tuple[str, tuple[str, ...]]:
    """A sentence and its reason, `that it went wrong: why`, as a line's text and parts."""
    what, _, why = text.partition(": ")
    return what, (why,) if why else ()
