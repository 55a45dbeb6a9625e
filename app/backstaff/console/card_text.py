"""The failure card for a panel: cause, evidence, state, the way out."""

import re

from textual.content import Content

from backstaff.console.states import Tone
from backstaff.console.text_lines import Lines, hanging
from backstaff.events.facts import FailureCard
from backstaff.events.inert import inert, inert_lines

DIM = "$text-muted"
STRONG = "bold"


def card_text(card: FailureCard, width: int) -> Lines:
    """The failure card: cause, evidence, state, the way out. Commands keep lines of their own."""
    fix = [part for line in inert_lines(card.fix) for part in re.split(r" {2,}", line)]
    lines = hanging("", f"FAILED  {inert(card.title)}", width, f"{Tone.FAILED.value} bold")
    for label, texts, style in (
        ("cause", (card.cause,), STRONG),
        ("evidence", card.evidence, ""),
        ("state", card.state, ""),
        ("fix", fix, STRONG),
        ("retry", (card.retry,), ""),
    ):
        told = [inert(text) for text in texts if text]
        lines += [Content("")] if told else []
        for number, text in enumerate(told):
            lines += hanging(f"{label if number == 0 else '':<10}", text, width, style, label_style=DIM)
    return lines
