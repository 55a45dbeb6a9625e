"""The lines of the page's log: what the run said of itself, its steps and commands, and all output."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backstaff.console.event_words import words_of
from backstaff.events.board import Board
from backstaff.events.inert import inert
from backstaff.events.types import Event, Failed, Output, PhaseStarted, RunEnded, Verified
from backstaff.explain.words import duration, size
from backstaff.headless.colour import Tone
from backstaff.headless.line import Detail, Line
from backstaff.headless.lines import lines_of
from backstaff.replay.entries import Damage, Entry
from backstaff.replay.recording import Recording
from backstaff.report.log_places import Place
from backstaff.report.markup import shortened

RUN: Final = "run"
STEPS: Final = "steps"
GAP: Final = ""
"""The source of a line that says what is left out."""
LONGEST_LINE = 2_000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when (seconds into the run), whose, what. The texts are inert.

    `source` is that of output, or `run` for what the run says of itself, or `steps` for its steps and the
    commands it ran."""

    t: float
    source: str
    host: str
    role: str
    tone: Tone
    text: str


def log_lines(recording: Recording, places: Sequence[Place]) -> Iterator[LogLine]:
    """The lines of some places of a journal, in order, with a line for each gap between them."""
    last_t, last_end = 0.0, 0
    for place in places:
        board = recording.moment_before(place.start).board
        if place.start > last_end:
            yield _gap(board.t - last_t, place.start - last_end, board.t)
        for entry in recording.entries(place.start):
            if entry.offset >= place.end:
                break
            yield from _lines(entry, board)
        last_t, last_end = board.t, place.end


def _gap(left_out_s: float, left_out_bytes: int, t: float) -> LogLine:
    what = f"{size(left_out_bytes)} of the journal, {duration(left_out_s)} of the run"
    return LogLine(t, GAP, "", "", Tone.DIM, f"left out here: {what}; `backstaff replay` shows all of it")


def _lines(entry: Entry | Damage, board: Board) -> Iterator[LogLine]:
    if isinstance(entry, Damage):
        yield LogLine(board.t, RUN, "", "", Tone.WARNING, inert(str(entry)))
        return
    yield from event_lines(entry.event, board)
    board.fold(entry.event)


def event_lines(event: Event, before: Board) -> Iterator[LogLine]:
    """The lines for an event; `before` is the Board as it was before it."""
    body, t = event.body, event.t
    match body:
        case Output():
            named = f"{body.name} | " if body.name and not body.role else ""
            text = _short(inert(f"{named}{body.text}"))
            yield LogLine(t, body.source, inert(body.host), inert(body.role), Tone.PLAIN, text)
        case PhaseStarted() | Verified() | RunEnded():
            yield LogLine(t, RUN, "", "", Tone.STRONG, _short(inert(words_of(body, before))))
        case Failed():
            card = body.card
            text = _short(inert(words_of(body, before)))
            yield LogLine(t, RUN, inert(card.host), inert(card.role), Tone.BAD, text)
        case _:
            for line in lines_of(event, before):
                text = _short(line.whole)
                yield LogLine(t, _source(line), line.host, line.role, line.tone, text)


def _source(line: Line) -> str:
    """What plain lines show without being asked for more is of the run, all else are its steps."""
    return RUN if line.needs <= Detail.NORMAL <= line.until else STEPS


def _short(text: str) -> str:
    return shortened(text, LONGEST_LINE)
