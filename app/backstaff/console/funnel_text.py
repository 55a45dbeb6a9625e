"""What the filters find on a host, as a table: how many each leaves, and what it dropped by which value."""

from backstaff.console.line_text import fitted
from backstaff.console.states import Tone
from backstaff.console.text_lines import Lines, hanging
from backstaff.events.facts import FilterRow, Funnel
from backstaff.events.inert import inert
from backstaff.events.width import columns

DIM = "$text-muted"
INDENT = 2
MOST_DROPPED = 3
LEAST_BESIDE = 28
"""With less room than this beside a filter, what it dropped goes below it."""
_ALL = "all containers"


def funnel_lines(funnel: Funnel, width: int) -> Lines:
    """A table, one row per filter; the one that leaves nothing stands out."""
    if not funnel.candidates:
        return hanging(" " * INDENT, "there is no container of this service on the host", width, "")
    rows = _telling(funnel)
    name = max(columns(inert(row.filter)) for row in rows)
    name = min(max(name, len(_ALL)), max(20, width // 2), width - 10)
    head = _filter_label("filter", name, "left")
    beside = width - columns(head) >= LEAST_BESIDE
    lines = hanging(head.rstrip(), "  dropped" if beside else "", width, DIM, label_style=DIM)
    lines += hanging(_filter_label(_ALL, name, str(funnel.candidates)), "", width, DIM)
    return lines + [line for row in rows for line in _filter(row, name, width)]


def _telling(funnel: Funnel) -> list[FilterRow]:
    """The filters up to the one that leaves nothing."""
    emptied = next((number for number, row in enumerate(funnel.rows) if row.matched == 0), len(funnel.rows))
    return list(funnel.rows[: emptied + 1])


def _filter(row: FilterRow, name: int, width: int) -> Lines:
    emptied = row.matched == 0
    style = Tone.FAILED.value if emptied else ""
    dropped = [f"{inert(each.container)}: {inert(each.value)}" for each in row.dropped]
    more = [f"and {len(dropped) - MOST_DROPPED} more"] if len(dropped) > MOST_DROPPED else []
    told = [*dropped[:MOST_DROPPED], *more]
    label = _filter_label(inert(row.filter), name, str(row.matched))
    beside = not told or width - columns(label) >= LEAST_BESIDE
    first, rest = (told[0], told[1:]) if told and beside else ("", told)
    lines = hanging(label, first, width, style or DIM, label_style=style)
    indent = " " * (columns(label) if beside else 3 * INDENT)
    return lines + [line for each in rest for line in hanging(indent, each, width, style or DIM)]


def _filter_label(text: str, width: int, count: str) -> str:
    return f"{' ' * INDENT}{fitted(text, width)}  {count:>4}  "
