"""Every command and API call of a run, as lines of shell to copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from backstaff.console.line_head import Piece
from backstaff.console.line_panel import LinePanel
from backstaff.console.line_store import Entry, LineStore, Origin
from backstaff.console.line_text import fitted
from backstaff.events.inert import inert
from backstaff.events.types import CommandRun, Event

_ENDED = 11
_TOOK = 11
_MUTATES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry(Entry):
    """A command that ended. `line` is what to copy; `status` is None where it never told one."""

    line: str
    took_s: float
    status: int | None
    error: str = ""
    mutates: bool = False


class CommandLook:
    """A command: how it ended, how long it took, whether it was there to change something, its line."""

    width = _ENDED + _TOOK + _MUTATES
    nothing = "no commands yet"
    heads_copied = False

    def label(self, origin: Origin) -> str:
        """The role, if it ran for one."""
        return origin.role

    def columns(self, entry: CommandEntry) -> Sequence[Piece]:
        """End, duration, and effect."""
        return (
            (fitted(_ended(entry), _ENDED), _tone(entry)),
            (fitted(f"{entry.took_s:,.1f} s".rjust(_TOOK - 2), _TOOK), "dim"),
            (fitted("write" if entry.mutates else "read", _MUTATES), "" if entry.mutates else "dim"),
        )

    def tone(self, entry: CommandEntry) -> str:
        """What only reads stands back."""
        return "" if entry.mutates or entry.status != 0 else "dim"

    def copied(self, entry: CommandEntry) -> str:
        """The line of shell."""
        return entry.line


def _ended(entry: CommandEntry) -> str:
    if entry.status is None:
        return "no status"
    return "ok" if entry.status == 0 else f"exit {entry.status}"


def _tone(entry: CommandEntry) -> str:
    if entry.status is None:
        return "warning"
    return "good" if entry.status == 0 else "bad"


class CommandsView(LinePanel[CommandEntry]):
    """What was run, where, and what came of it."""

    def __init__(
        self,
        store: LineStore[CommandEntry],
        *,
        zone: tzinfo | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(store, CommandLook(), zone=zone, id=id)


def command_entry(event: Event, body: CommandRun) -> CommandEntry:
    """The line for a command."""
    return CommandEntry(
        at_t=event.t,
        at=event.at,
        host=body.host,
        role=body.role,
        source="command",
        text=f"{body.line}  # {body.error}" if body.error else body.line,
        line="\n".join(inert(line) for line in body.line.split("\n")),
        took_s=body.took_s,
        status=body.status,
        error=inert(body.error),
        mutates=body.mutates,
    )
