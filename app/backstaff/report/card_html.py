"""The failure card on the page: the cause first, then what proves it, the state, and the way out."""

import re

from backstaff.events.board import Board
from backstaff.events.facts import FailureCard
from backstaff.events.inert import inert_lines
from backstaff.report.markup import NOTHING, Child, Html, element, joined

FAILED = "failed"
_COMMAND = re.compile(r"`([^`]+)`| {2,}(\S.*)")
"""Commands in an advice stand in backquotes, or behind it after two blanks or more."""


def failure_card(board: Board) -> Html:
    """The card of a run that failed or was cancelled; nothing for others."""
    card = board.failure
    if card is None:
        return NOTHING
    word = _word(board)
    return element(
        "section",
        element("h2", element("span", word, class_="word"), " ", card.title),
        element("p", card.cause, class_="cause"),
        element("dl", *_parts(card)),
        class_="card" if word == FAILED else "card stopped",
        aria_label="Why it failed" if word == FAILED else "Why it stopped",
    )


def _word(board: Board) -> str:
    if board.result is None:
        return "interrupted"
    return "cancelled" if board.result.verdict == "cancelled" else FAILED


def _parts(card: FailureCard) -> list[Html]:
    parts: list[tuple[str, Html]] = [
        ("evidence", _lines(card.evidence, "evidence")),
        ("state", _lines(card.state, "told")),
        ("fix", _fix(card.fix)),
        ("retry", element("p", element("code", card.retry)) if card.retry else NOTHING),
    ]
    return [joined(element("dt", name), element("dd", part)) for name, part in parts if part is not NOTHING]


def _lines(lines: tuple[str, ...], kind: str) -> Html:
    return element("ul", *(element("li", line) for line in lines), class_=kind) if lines else NOTHING


def _fix(fix: str) -> Html:
    """A paragraph for each line."""
    lines = inert_lines(fix)
    return joined(*(element("p", *_advice(line)) for line in lines)) if lines else NOTHING


def _advice(fix: str) -> list[Child]:
    """The advice, with its commands as such."""
    parts: list[Child] = []
    at = 0
    for found in _COMMAND.finditer(fix):
        parts += [fix[at : found.start()], " " if found[2] else "", element("code", found[1] or found[2])]
        at = found.end()
    return [*parts, fix[at:]]
