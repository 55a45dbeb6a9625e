"""Lines as a terminal gets them: inert, and in our colours."""

from backstaff.events.inert import inert
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Shown


class Paint:
    """Makes lines ready to be written, with colours or without."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled

    def __call__(self, line: Shown) -> str:
        """`line` as a terminal can only print it. All codes in it are those of tones, each with its end."""
        if isinstance(line, str):
            return inert(line)
        return "".join(self._painted(inert(text), tone) for text, tone in line.pieces)

    def _painted(self, text: str, tone: Tone) -> str:
        if not self.enabled or not tone.value or not text:
            return text
        return f"\x1b[{tone.value}m{text}\x1b[0m"
