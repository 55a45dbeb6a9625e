"""What containers, hooks, builds and the proxy write."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from backstaff.console.line_head import Piece
from backstaff.console.line_panel import LinePanel
from backstaff.console.line_store import LineStore, LogEntry, Origin
from backstaff.console.session import FollowedLine
from backstaff.events.types import Event, Output

_NAMED = {"hook"}
"""Sources of which there are several, told apart by their names."""


class LogLook:
    """A line of output: its text, after the host and the role that wrote it."""

    width = 0
    nothing = "no output yet"
    heads_copied = True

    def label(self, origin: Origin) -> str:
        """The role, the hook, or what else speaks."""
        return origin.role or origin.name or origin.source

    def columns(self, entry: LogEntry) -> Sequence[Piece]:  # noqa: ARG002 - of other lines there is more to say
        """Nothing more."""
        return ()

    def tone(self, entry: LogEntry) -> str:  # noqa: ARG002
        """Plain: which stream a program writes to says nothing about how bad it is."""
        return ""

    def copied(self, entry: LogEntry) -> str:
        """The text."""
        return entry.text


class LogView(LinePanel[LogEntry]):
    """The output of everything, or of what is looked at."""

    def __init__(
        self,
        store: LineStore[LogEntry],
        *,
        zone: tzinfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(store, LogLook(), zone=zone, id=id)


def shown_name(source: str, name: str) -> str:
    """The name of who writes, where it is told."""
    return name if source in _NAMED else ""


def log_entry(event: Event, body: Output) -> LogEntry:
    """The line that an event of output carries."""
    return LogEntry(
        at_t=event.t,
        at=event.at,
        host=body.host,
        role=body.role,
        source=body.source,
        name=shown_name(body.source, body.name),
        stream=body.stream,
        text=body.text,
    )


def followed_entry(line: FollowedLine, now_t: float) -> LogEntry:
    """A line of a container that is followed outside of a run, `now_t` seconds into it."""
    return LogEntry(
        at_t=now_t,
        at=_time(line.at),
        host=line.host,
        role=line.role,
        source="container",
        stream=line.stream,
        text=line.text,
    )


def _time(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo else None
