"""What is said of a run of which not all is read yet: what the events say that were read, and no more.

Causes, advice and counts follow from all events together: told from some of them they would be wrong."""

from textual.content import Content

from backstaff.console.card_text import card_text
from backstaff.console.states import Tone, look_of
from backstaff.console.subject import Subject, waits_of
from backstaff.console.text_lines import Lines, at_most, hanging
from backstaff.console.why_text import MOST_SENTENCE
from backstaff.events.board import Board
from backstaff.events.board_state import HostView, PairView
from backstaff.events.facts import HostState
from backstaff.events.inert import inert
from backstaff.explain.why import waits_for
from backstaff.explain.words import duration
from backstaff.replay.glimpse import NOT_READ, is_unread

DIM = "$text-muted"
UNREAD = "not all of the run is read yet"
_LATER = f"{UNREAD}: why is told as soon as it is"


def unread_why(board: Board, subject: Subject, width: int) -> Lines:
    """All that is known of a subject."""
    card = board.failure
    if card is not None and subject in {Subject(card.host, card.role), Subject(card.host), Subject()}:
        return [*card_text(card, width), Content(""), *hanging("", UNREAD, width, DIM)]
    return [*unread_sentence(board, subject, width), Content(""), *hanging("", _LATER, width, DIM)]


def unread_sentence(board: Board, subject: Subject, width: int) -> Lines:
    """How the run ended if that was read, else what a subject waits for, else how it stands: a few lines."""
    told = _told(board, subject)
    if told is None:
        return []
    text, tone = told
    return at_most(hanging("", inert(text), width, f"{tone.value} bold".strip()), MOST_SENTENCE, width)


def unread_barriers(board: Board, width: int) -> list[Content]:
    """How each barrier stands that was read of. Who can open it follows from how all hosts stand."""
    lines: list[Content] = []
    for barrier in board.barriers.values():
        look = look_of(barrier.state)
        text = f"{look.glyph} barrier {inert(barrier.name)} {look.word}"
        lines.append(Content.styled(text, f"{look.tone.value} bold").truncate(width, ellipsis=True))
    return lines


def _told(board: Board, subject: Subject) -> tuple[str, Tone] | None:
    if board.failure is not None:
        return f"FAILED  {board.failure.title}: {board.failure.cause}", Tone.FAILED
    if board.result is not None:
        what = f"{board.run.service} {board.run.version}" if board.run else "the run"
        tone = {"done": Tone.OK, "failed": Tone.FAILED}.get(board.result.verdict, Tone.WAITING)
        return f"{board.result.verdict.upper()}  {what} in {duration(board.result.took_s)}", tone
    waits = waits_of(board, subject)
    if waits:
        return f"{subject.name} {waits_for(waits[0].start)}", Tone.WAITING
    pair, host = board.pair(subject.host, subject.role), board.hosts.get(subject.host)
    if pair is not None:
        return _how_it_stands(pair)
    return _how_it_is_connected(host) if host is not None else None


def _how_it_stands(pair: PairView) -> tuple[str, Tone]:
    if is_unread(pair):
        return NOT_READ, Tone.UNKNOWN
    look = look_of(pair.state)
    return f"{look.glyph} {look.word}{_detail(pair.detail)}", look.tone


def _how_it_is_connected(host: HostView) -> tuple[str, Tone]:
    if host.state is HostState.UNKNOWN:
        return NOT_READ, Tone.UNKNOWN
    look = look_of(host.state)
    return f"{look.glyph} {look.word}{_detail(host.detail)}", look.tone


def _detail(text: str) -> str:
    return f": {text}" if text else ""
