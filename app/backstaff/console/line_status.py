"""Where a view of lines stands, in one line of words."""

from dataclasses import dataclass

from textual.content import Content

from backstaff.console.line_text import cells, fitted
from backstaff.explain.words import counted

GAP = "  "


@dataclass(frozen=True)
class Standing:
    """What there is to say of a view beside its lines. `match` is which of `matches` the cursor is on.
    `gone` lines fell out at the top, `left_out` came too fast to be kept at all, `older` ones were never
    taken in; the journal has them. The end may be a moment of the `past`."""

    following: bool = True
    paused: bool = False
    lines: int = 0
    new: int = 0
    gone: int = 0
    older: bool = False
    past: bool = False
    left_out: int = 0
    include: str = ""
    exclude: str = ""
    search: str = ""
    match: int | None = None
    matches: int = 0
    selected: int = 0
    wrapped: bool = False
    column: int = 0


Part = tuple[str, str]
"""Words and their style."""


def standing_parts(standing: Standing) -> list[Part]:
    """What is said, the most important first."""
    parts = [_state(standing)]
    if standing.new:
        parts.append((f"{standing.new:,} new (G)", "bold"))
    if standing.search:
        parts.append((f"/{standing.search} {_found(standing)}", ""))
    if standing.include:
        parts.append((f"&{standing.include}", ""))
    if standing.exclude:
        parts.append((f"!{standing.exclude}", ""))
    if standing.selected:
        parts.append((f"{counted(standing.selected, 'line')} selected", ""))
    if standing.left_out:
        parts.append((f"{_lines(standing.left_out)} not kept", "$warning"))
    parts.append((_lines(standing.lines), "$text-muted"))
    if standing.wrapped:
        parts.append(("wrapped", "$text-muted"))
    if standing.column:
        parts.append((f"from column {standing.column + 1}", "$text-muted"))
    if standing.gone:
        parts.append((f"{standing.gone:,} older ones gone", "$text-muted"))
    elif standing.older:
        parts.append(("older ones left out", "$text-muted"))
    return parts


def _state(standing: Standing) -> Part:
    if standing.paused:
        return "PAUSED", "bold $warning"
    if standing.past:
        return ("up to this moment", "$text-muted") if standing.following else ("looking back", "bold")
    return ("following", "$text-muted") if standing.following else ("not following", "bold")


def _lines(number: int) -> str:
    return f"{number:,} {'line' if number == 1 else 'lines'}"


def _found(standing: Standing) -> str:
    if standing.match is not None:
        return f"{standing.match:,}/{standing.matches:,}"
    return f"{standing.matches:,} found" if standing.matches else "nothing found"


def standing_line(standing: Standing, width: int) -> Content:
    """As much of it as has room on `width` cells."""
    parts: list[Part] = []
    room = width
    for text, style in standing_parts(standing):
        gap = GAP if parts else ""
        if room < len(gap) + 4:
            break
        shown = text if cells(text) + len(gap) <= room else fitted(text, room - len(gap))
        parts += [(gap, ""), (shown, style)] if gap else [(shown, style)]
        room -= len(gap) + cells(shown)
    return Content.assemble(*parts)
