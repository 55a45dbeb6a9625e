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
