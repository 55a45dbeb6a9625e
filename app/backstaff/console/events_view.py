"""The events of a run, one line each: of what kind, about whom, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from backstaff.console.event_words import kind_of, who_of, words_of
from backstaff.console.line_head import Piece
from backstaff.console.line_panel import LinePanel
from backstaff.console.line_store import Entry, LineStore, Origin
from backstaff.console.line_text import fitted
from backstaff.events.board import Board
from backstaff.events.types import (
    Body,
    Event,
    FunnelSeen,
    Output,
    Progress,
    WaitEnded,
    WaitExplained,
    WaitStarted,
)
from backstaff.headless.colour import Tone
from backstaff.headless.line import Detail, Line
from backstaff.headless.lines import lines_of

_KIND = 11
_TONES = {
    Tone.PLAIN: "",
    Tone.GOOD: "good",
    Tone.WARNING: "warning",
    Tone.BAD: "bad",
    Tone.DIM: "dim",
    Tone.STRONG: "strong",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry(Entry):
    """An event; its `source` is its kind in one word, `tone` what it means for the reader."""

    tone: Tone = Tone.PLAIN


class EventLook:
    """An event: its kind, then what happened."""

    width = _KIND
    nothing = "no events yet"
    heads_copied = True

    def label(self, origin: Origin) -> str:
        """The role that it is about."""
        return origin.role

    def columns(self, entry: EventEntry) -> Sequence[Piece]:
        """The kind."""
        return ((fitted(entry.source, _KIND), "dim"),)

    def tone(self, entry: EventEntry) -> str:
        """As in headless mode."""
        return _TONES[entry.tone]

    def copied(self, entry: EventEntry) -> str:
        """What happened."""
        return entry.text


class EventsView(LinePanel[EventEntry]):
    """What happened, in order."""

    def __init__(
        self,
        store: LineStore[EventEntry],
        *,
        zone: tzinfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(store, EventLook(), zone=zone, id=id)


def event_entries(event: Event, before: Board) -> list[EventEntry]:
    """The lines for an event; `before` is the Board as it was before it.

    There are none for what streams and has a place of its own (output, progress), and for the ordinary
    calls to a host: of those the command tells."""
    body = event.body
    if isinstance(body, Output | Progress) or _is_quiet(body, before):
        return []
    kind = kind_of(body)
    return [
        EventEntry(
            at_t=event.t,
            at=event.at,
            host=line.host,
            role=line.role,
            source=kind,
            text=line.whole,
            tone=line.tone,
        )
        for line in _lines(event, before)
    ]


def _is_quiet(body: Body, before: Board) -> bool:
    if isinstance(body, WaitStarted):
        return body.quiet
    if isinstance(body, WaitEnded):
        wait = before.waits.get(body.wait)
        return wait is not None and wait.start.quiet and wait.why is None
    return False


def _lines(event: Event, before: Board) -> list[Line]:
    """What headless mode says, but for what it says in many lines: those are for the panel beside."""
    if not isinstance(event.body, FunnelSeen | WaitExplained):
        told = [line for line in lines_of(event, before) if line.until is Detail.VERBOSE]
        if told:
            return told
    host, role = who_of(event.body, before)
    return [Line(words_of(event.body, before), host, role)]
