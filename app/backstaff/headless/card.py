"""The failure card as text: the last lines of a failed run."""

import re
import textwrap

from backstaff.events.board import Board
from backstaff.events.evidence_line import evidence_line
from backstaff.events.facts import FailureCard
from backstaff.events.inert import inert, inert_lines
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Shown, Styled, styled

INDENT = "  "
LABEL = 10
_NUMBER = r"\d+(?:\.\d+)? (?:s|min|h|B|kB|MB|GB|TB|MiB)\b"
_WHOLE = re.compile(rf"`[^`]+`|\b{_NUMBER}(?: {_NUMBER})*")
"""Commands, and numbers with their units, as `2 min 3 s`."""
_HELD_BLANK = "\0"
"""Stands for a blank at which a line may not end; it is in no text that went through `inert`."""


def card_lines(card: FailureCard, board: Board, width: int = 100) -> list[Shown]:
    """The card within `width` columns. Commands, which stand in backquotes, after two blanks or more in the
    fix, or alone in the retry, are never broken, so that they can be copied."""
    lines: list[Shown] = [_headline(card, board, width)]
    lines += _part("cause", [card.cause], width)
    lines += _part("evidence", [evidence_line(each) for each in card.evidence], width)
    lines += _part("state", _joined(card.state, width), width)
    lines += _part("fix", _fix_lines(card.fix, width), 0)
    lines += _part("retry", [card.retry], 0)
    return lines


def _headline(card: FailureCard, board: Board, width: int) -> Styled:
    cancelled = board.result is not None and board.result.verdict == "cancelled"
    word = "CANCELLED" if cancelled else "FAILED"
    title = inert(card.title)
    right = run_title(board)
    gap = " " * max(3, width - len(word) - 2 - len(title) - len(right))
    state = styled(word, Tone.WARNING if cancelled else Tone.BAD)
    return state + "  " + styled(title, Tone.STRONG) + gap + right


def run_title(board: Board) -> str:
    """`shop · production   v42   0:41`."""
    run = board.run
    if run is None:
        return clock(board.t)
    name = f"{run.service} · {run.destination}" if run.destination else run.service
    return "   ".join(part for part in (inert(name), inert(run.version), clock(board.t)) if part)


def clock(seconds: float) -> str:
    """`0:41`, `12:05`, `1:02:03`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _joined(parts: tuple[str, ...], width: int) -> list[str]:
    """Parts side by side where they fit, one to a line where not."""
    line = " · ".join(parts)
    return [line] if len(line) <= width - len(INDENT) - LABEL else list(parts)


def _fix_lines(fix: str, width: int) -> list[str]:
    """The lines of the fix. Commands behind an advice that do not fit beside it get lines of their own."""
    room = width - len(INDENT) - LABEL
    lines: list[str] = []
    for line in inert_lines(fix):
        advice, *commands = [line] if len(line) <= room else re.split(r" {2,}", line)
        lines += [*_wrapped(advice, room), *commands]
    return lines


def _part(label: str, texts: tuple[str, ...] | list[str], width: int) -> list[str]:
    lines: list[str] = []
    for text in texts:
        lines += _wrapped(inert(text), width - len(INDENT) - LABEL) if text else []
    return [
        f"{INDENT}{label if number == 0 else '':<{LABEL}}{line}".rstrip() for number, line in enumerate(lines)
    ]


def _wrapped(text: str, width: int) -> list[str]:
    if width < 20 or len(text) <= width:
        return [text]
    held = _WHOLE.sub(lambda found: found[0].replace(" ", _HELD_BLANK), text)
    lines = textwrap.wrap(held, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_HELD_BLANK, " ") for line in lines]
