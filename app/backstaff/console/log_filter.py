"""Which lines are shown: whose they are, and what they must and must not say."""

import re
import warnings
from dataclasses import dataclass
from functools import cached_property

from backstaff.console.line_store import EVERYTHING, Scope
from backstaff.replay.limited import Limited

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d*),(\d*)\}|.", re.DOTALL)
_SPECIAL = re.compile(r"[][\\^$.|?*+(){}]")
_MOST_SPANS = 1_000


@dataclass(frozen=True)
class Pattern:
    """A regular expression as typed, compiled. It minds case if there is a capital letter in it."""

    text: str
    regex: re.Pattern[str]
    literal: str = ""
    """In lower case what it stands for, where it is nothing but ASCII text and does not mind case: such a
    text is found faster without the expression."""

    @cached_property
    def limited(self) -> Limited:
        """The expression with a limit of time: where it takes longer it matches nothing."""
        return Limited(self.regex)

    @property
    def told(self) -> str:
        """The expression, and whether there were lines on which it took too long."""
        return f"{self.text} (too slow)" if self.limited.slow else self.text

    def found_in(self, text: str) -> bool:
        """Whether it matches anywhere."""
        if self.literal and text.isascii():
            return self.literal in text.lower()
        return self.limited.found_in(text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where it matches; matches that touch count as one, those of nothing not at all."""
        return self.limited.run(lambda: self._spans(text), otherwise=[])

    def _spans(self, text: str) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for match in self.regex.finditer(text):
            start, end = match.span()
            if start == end:
                continue
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], end)
            elif len(spans) == _MOST_SPANS:
                break
            else:
                spans.append((start, end))
        return spans


@dataclass(frozen=True)
class BadPattern:
    """What was typed is no regular expression that can be used, and why."""

    text: str
    why: str


def parse_pattern(text: str) -> Pattern | BadPattern:
    """The pattern that an operator typed."""
    if _repeats_a_repeat(text):
        return BadPattern(text, "a repeat of a repeat can take for ever")
    minds_case = any(map(str.isupper, _ESCAPED.sub("", text)))
    literal = text if text.isascii() and not minds_case and not _SPECIAL.search(text) else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            regex = re.compile(text, re.NOFLAG if minds_case else re.IGNORECASE)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        return BadPattern(text, str(error) or type(error).__name__)
    return Pattern(text, regex, literal)


def _repeats_a_repeat(text: str) -> bool:
    """Whether an unbounded repeat holds another one: matching that can take exponential time, in which
    nothing else of this process would go on, the run neither."""
    repeats = [False]
    closed = False
    for token in _TOKEN.finditer(text):
        piece = token.group()
        unbounded = piece in {"*", "+"} or (token.group(1) is not None and not token.group(2))
        if unbounded and closed:
            return True
        closed = False
        if piece == "(":
            repeats.append(False)
        elif piece == ")" and len(repeats) > 1:
            closed = repeats.pop()
            repeats[-1] = repeats[-1] or closed
        elif unbounded:
            repeats[-1] = True
    return False


@dataclass(frozen=True)
class LogFilter:
    """What a line must be to be shown: of the scope, with `include` in its text and without `exclude`."""

    scope: Scope = EVERYTHING
    include: Pattern | None = None
    exclude: Pattern | None = None

    @property
    def by_text(self) -> bool:
        """Whether the text of a line matters at all."""
        return self.include is not None or self.exclude is not None

    def admits(self, text: str) -> bool:
        """Whether a text may be shown."""
        if self.include is not None and not self.include.found_in(text):
            return False
        return self.exclude is None or not self.exclude.found_in(text)
