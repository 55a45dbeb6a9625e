"""A row of the matrix as styled text, for a given width."""

from dataclasses import dataclass

from backstaff.console.matrix_model import Row, Table
from backstaff.console.states import Tone, look_of
from backstaff.console.trouble import Trouble, pair_trouble
from backstaff.events.board import Board, progress_key
from backstaff.events.board_state import HostView, PairView
from backstaff.events.facts import HostState, PairState
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.explain.words import duration

Part = tuple[str, str]
"""Text and its style."""
Line = tuple[Part, ...]

MARKER = 2
GAP = 2
LONGEST_HOST = 28
CURSOR = "bold $block-cursor-foreground on $block-cursor-background"
LEAST_CELL = 17
LEAST_LISTED = 8
MOST_CELL = 34
ROLE_COLUMN = 12
_STEP_FROM = 26
"""From this width on a cell has room for the step that goes on."""
_STEP_TELLS_MORE = {PairState.PREPARING, PairState.CHECKING, PairState.STOPPING_OLD}
"""States in which the step says more than the state's own word."""
_SHORT_STEPS = {
    "wait until healthy": "health",
    "switch the proxy": "proxy",
    "stop the old container": "",
    "rename the old container": "rename",
    "stop a stale container": "stop stale",
}
_UNREMARKABLE = {HostState.CONNECTED, HostState.UNKNOWN}


@dataclass(frozen=True)
class Measure:
    """The columns of a table, in cells. Where `listed` is set there is one for all roles, and the role stands
    before it unless `role` is 0."""

    host: int
    cell: int
    listed: bool
    role: int = 0

    @property
    def width(self) -> int:
        """Cells up to the first role's column."""
        return MARKER + self.host + GAP

    def column_at(self, x: int) -> int:
        """The column that a cell of the screen belongs to."""
        return max(0, (x - self.width) // (self.cell + GAP)) if not self.listed else 0


def fits(board: Board, roles: int, width: int) -> bool:
    """Whether a column for each role has room."""
    return _host_width(board) + MARKER + roles * (LEAST_CELL + GAP) <= width


def measure(board: Board, table: Table, width: int, *, listed: bool) -> Measure:
    """The widths for a table on `width` cells."""
    host = _host_width(board)
    count = max(1, len(table.roles))
    if listed:
        grouped = any(row.host is None for row in table.rows)
        names = () if grouped else ("role", *(pair.role for pair in board.pairs.values()))
        role = min(LONGEST_HOST, max(map(columns, names), default=0))
        cell = max(LEAST_LISTED, width - MARKER - host - role - 2 * GAP)
        return Measure(host, cell, listed=True, role=role)
    room = (width - MARKER - host) // count - GAP
    return Measure(host, min(MOST_CELL, max(LEAST_CELL, room)), listed=False)


def heading(table: Table, sizes: Measure) -> Line:
    """The names of the columns."""
    names = ["role", "state"] if sizes.role else ["state"] if sizes.listed else list(table.roles)
    widths = [sizes.role, sizes.cell] if sizes.role else [sizes.cell] * len(names)
    cells = [_fit(name, width) + " " * GAP for name, width in zip(names, widths, strict=True)]
    text = " " * MARKER + _fit("host", sizes.host) + " " * GAP + "".join(cells)
    return ((text.rstrip(), "$text-muted"),)


def row_line(board: Board, row: Row, sizes: Measure, now_t: float, selected: int | None) -> Line:
    """One row; `selected` is the column under the cursor, None if it is on another row."""
    if row.host is None:
        return ((inert(row.title), "bold"),)
    marker, style = _marker(row, selected is not None)
    parts: list[Part] = [(marker, style), (_fit(inert(row.host.name), sizes.host), _host_style(row))]
    for column, pair in enumerate(row.cells):
        parts.append((" " * GAP, ""))
        if sizes.role:
            parts += [(_fit(inert(pair.role) if pair else "", sizes.role), ""), (" " * GAP, "")]
        idle = all(each is None for each in row.cells)
        cell = _cell(board, row.host, pair, sizes.cell, now_t) if pair or idle else _nothing(sizes.cell)
        parts += _chosen(cell) if column == selected else cell
    return tuple(parts)


def _marker(row: Row, selected: bool) -> Part:
    if selected:
        return ("> ", "bold")
    if row.trouble >= Trouble.STRUGGLING:
        return ("! ", (Tone.FAILED if row.trouble >= Trouble.GONE else Tone.WAITING).value)
    return ("  ", "")


def _host_style(row: Row) -> str:
    return "bold" if row.trouble >= Trouble.STRUGGLING else ""


def _chosen(cell: list[Part]) -> list[Part]:
    """A cell under the cursor: in one colour, its state told by glyph and word."""
    return [(text, CURSOR) for text, _ in cell]


def _cell(board: Board, host: HostView, pair: PairView | None, width: int, now_t: float) -> list[Part]:
    """State, what is going on, and for how long. A host in trouble is told in the cells of its roles."""
    if host.state not in _UNREMARKABLE and (pair is None or not pair.state.final):
        look = look_of(host.state)
        since = duration(max(0.0, now_t - host.since_t))
        return _joined(look.glyph, look.word, host.detail, since, look.tone, width)
    if pair is None:
        return _nothing(width)
    look = look_of(shown_state(board, pair))
    tone = look.tone
    if not pair.state.final and pair_trouble(board, pair) is Trouble.STRUGGLING:
        tone = Tone.WAITING
    return _joined(
        look.glyph, look.word, _going_on(board, pair, width), _since(board, pair, now_t), tone, width
    )


def _nothing(width: int) -> list[Part]:
    return [(_fit("·", width), "$text-disabled")]


def shown_state(board: Board, pair: PairView) -> PairState:
    """The state of a role on a host. What was in the middle of it when the run ended was not booted."""
    over = board.result is not None and not pair.state.final
    return PairState.HALTED if over else pair.state


def _going_on(board: Board, pair: PairView, width: int) -> str:
    """The step, where it says more than the state; of a pull how far it has come."""
    if board.result is not None:
        return ""
    if pair.state is PairState.PULLING:
        progress = board.progress.get(progress_key("pull", pair.host))
        return f"{progress.current * 100 // progress.total}%" if progress and progress.total else ""
    if pair.state is PairState.WAITING and board.plan is not None and board.plan.barrier:
        return inert(board.plan.barrier)
    told = pair.state in _STEP_TELLS_MORE and width >= _STEP_FROM
    return _SHORT_STEPS.get(pair.step, pair.step) if told else ""


def _since(board: Board, pair: PairView, now_t: float) -> str:
    if pair.state is PairState.HEALTHY:
        return board.run.version if board.run else ""
    if pair.state.final or pair.state is PairState.PENDING or board.result is not None:
        return pair.version_before or ""
    return duration(max(0.0, int(now_t - pair.since_t)))


def _joined(glyph: str, word: str, more: str, right: str, tone: Tone, width: int) -> list[Part]:
    """`glyph word more` on the left and `right` at the right end; what has no room is left out."""
    left, right, more = f"{glyph} {word}", inert(right), inert(more)
    if columns(left) + 1 + columns(right) > width:
        right = _fit(right, max(0, width - columns(left) - 1)).rstrip() if width - columns(left) > 4 else ""
    room = width - columns(left) - columns(right) - 2
    more = _fit(more, room).rstrip() if more and room >= 4 else ""
    gap = width - columns(left) - columns(right) - (columns(more) + 1 if more else 0)
    style = tone.value
    parts: list[Part] = [(_fit(left, width) if gap < 0 else left, style)]
    if more:
        parts.append((f" {more}", "$text-muted"))
    if gap > 0:
        parts.append((" " * gap, ""))
    return [*parts, (right, "$text-muted")] if right else parts


def _host_width(board: Board) -> int:
    return min(LONGEST_HOST, max(columns(inert(name)) for name in ("host", *board.hosts)))


def _fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells, with an ellipsis where something is cut."""
    if columns(text) <= width:
        return padded(text, width)
    kept = text
    while kept and columns(kept) > width - 1:
        kept = kept[:-1]
    return padded(kept + "…" if width > 0 else "", width)
