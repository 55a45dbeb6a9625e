"""A row of the matrix as styled text, for a given width."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from backstaff.console.line_text import cells, cut, fitted
from backstaff.console.matrix_model import Row, Table
from backstaff.console.short_names import common_domain, shortened
from backstaff.console.states import LONGEST_WORD, Look, Tone, look_of
from backstaff.console.trouble import Trouble, pair_trouble
from backstaff.events.board import Board, progress_key
from backstaff.events.board_state import HostView, PairView
from backstaff.events.facts import HostState, PairState
from backstaff.events.inert import inert
from backstaff.explain.words import duration
from backstaff.replay.glimpse import NOT_READ, is_unread

Part = tuple[str, str]
"""Text and its style."""
Line = tuple[Part, ...]

MARKER = 2
GAP = 2
LONGEST_HOST = 28
LEAST_HOST = 12
"""Names are not shortened below this for the sake of a column for each role."""
LEAST_NAMES = 8
"""What host and role take together at least, where each role has a row of its own."""
CURSOR = "bold $block-cursor-foreground on $block-cursor-background"
LEAST_CELL = 17
"""Room for glyph, word and time."""
LEAST_LISTED = 8
MOST_CELL = 34
LEAST_CUT = 4
"""Text of which less than this would be left is left out instead."""
_STEP_FROM = 26
"""From this width on a cell has room for the state's word and the step that goes on."""
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
    before it unless `role` is 0. Names of hosts are shown without `domain`."""

    host: int
    cell: int
    listed: bool
    role: int = 0
    domain: str = ""

    @property
    def width(self) -> int:
        """Cells up to the first role's column."""
        return MARKER + self.host + GAP

    def column_at(self, x: int) -> int:
        """The column that a cell of the screen belongs to."""
        return max(0, (x - self.width) // (self.cell + GAP)) if not self.listed else 0


def fits(board: Board, roles: int, width: int) -> bool:
    """Whether a column for each role has room, beside names of hosts that can still be told apart."""
    room = width - MARKER - roles * (LEAST_CELL + GAP)
    return room >= LEAST_HOST or _host_column(board, room)[0] <= room


def measure(board: Board, table: Table, width: int, *, listed: bool) -> Measure:
    """The widths for a table on `width` cells. States come first: names have what is left of the room."""
    if listed:
        return _measure_list(board, table, width)
    count = max(1, len(table.roles))
    most = min(LONGEST_HOST, max(1, width - MARKER - count * (LEAST_CELL + GAP)))
    host, domain = _host_column(board, most)
    host = min(host, most)
    cell = (width - MARKER - host) // count - GAP
    return Measure(host, min(MOST_CELL, max(LEAST_CELL, cell)), listed=False, domain=domain)


def _measure_list(board: Board, table: Table, width: int) -> Measure:
    """A row for each role. Of host and role the shorter one is kept in full where there is room."""
    grouped = any(row.host is None for row in table.rows)
    role = 0 if grouped else _widest("role", (inert(pair.role) for pair in board.pairs.values()))
    gaps = GAP if grouped else 2 * GAP
    room = max(LEAST_NAMES, width - MARKER - gaps - LEAST_CELL)
    host, domain = _host_column(board, min(LONGEST_HOST, room - min(role, LONGEST_HOST)))
    role = min(role, LONGEST_HOST, max(room // 2, room - host))
    host = min(host, LONGEST_HOST, room - role)
    cell = max(LEAST_LISTED, width - MARKER - host - role - gaps)
    return Measure(host, cell, listed=True, role=role, domain=domain)


def _host_column(board: Board, most: int) -> tuple[int, str]:
    """The cells that names of hosts take, and the domain that is left out if they are more than `most`."""
    names = [inert(name) for name in board.hosts]
    width = _widest("host", names)
    if width <= most:
        return width, ""
    domain = common_domain(names)
    return _widest("host", (name.removesuffix(domain) for name in names)), domain


def _widest(title: str, names: Iterable[str]) -> int:
    return max(map(cells, (title, *names)))


def heading(table: Table, sizes: Measure) -> Line:
    """The names of the columns."""
    names = ["role", "state"] if sizes.role else ["state"] if sizes.listed else list(table.roles)
    widths = [sizes.role, sizes.cell] if sizes.role else [sizes.cell] * len(names)
    titles = [_name(name, width) + " " * GAP for name, width in zip(names, widths, strict=True)]
    text = " " * MARKER + _name("host", sizes.host) + " " * GAP + "".join(titles)
    return ((text.rstrip(), "$text-muted"),)


def row_line(board: Board, row: Row, sizes: Measure, now_t: float, selected: int | None) -> Line:
    """One row; `selected` is the column under the cursor, None if it is on another row."""
    if row.host is None:
        return ((shortened(inert(row.title), sizes.width + sizes.cell), "bold"),)
    marker, style = _marker(row, selected is not None)
    name = inert(row.host.name).removesuffix(sizes.domain)
    parts: list[Part] = [(marker, style), (_name(name, sizes.host), _host_style(row))]
    for column, pair in enumerate(row.cells):
        parts.append((" " * GAP, ""))
        if sizes.role:
            parts += [(_name(pair.role if pair else "", sizes.role), ""), (" " * GAP, "")]
        idle = all(each is None for each in row.cells)
        cell = _cell(board, row.host, pair, sizes.cell, now_t) if pair or idle else _nothing(sizes.cell)
        parts += _chosen(cell) if column == selected else cell
    return tuple(parts)


def _name(name: str, width: int) -> str:
    return fitted(shortened(inert(name), width), width)


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
        return _joined(look, look.word, host.detail, _times(now_t - host.since_t), width)
    if pair is None:
        return _nothing(width)
    if is_unread(pair):
        return _joined(look_of(HostState.UNKNOWN), NOT_READ, "", ("",), width)
    look = look_of(shown_state(board, pair))
    if not pair.state.final and pair_trouble(board, pair) is Trouble.STRUGGLING:
        look = replace(look, tone=Tone.WAITING)
    step = _step(board, pair)
    if step and width < _STEP_FROM:
        return _joined(look, step, "", _times(now_t - pair.step_since_t), width)
    return _joined(look, look.word, step or _going_on(board, pair), _since(board, pair, now_t), width)


def _nothing(width: int) -> list[Part]:
    return [(fitted("·", width), "$text-disabled")]


def shown_state(board: Board, pair: PairView) -> PairState:
    """The state of a role on a host. What was in the middle of it when the run ended was not booted."""
    over = board.result is not None and not pair.state.final
    return PairState.HALTED if over else pair.state


def _step(board: Board, pair: PairView) -> str:
    """The step in a word where it says more than the state, empty where no word is short enough."""
    if board.result is not None or pair.state not in _STEP_TELLS_MORE:
        return ""
    step = inert(_SHORT_STEPS.get(pair.step, pair.step))
    return step if cells(step) <= LONGEST_WORD else ""


def _going_on(board: Board, pair: PairView) -> str:
    """Of a pull how far it has come, of a wait at which barrier."""
    if board.result is not None:
        return ""
    if pair.state is PairState.PULLING:
        progress = board.progress.get(progress_key("pull", pair.host))
        return f"{progress.current * 100 // progress.total}%" if progress and progress.total else ""
    if pair.state is PairState.WAITING and board.plan is not None:
        return board.plan.barrier
    return ""


def _since(board: Board, pair: PairView, now_t: float) -> Sequence[str]:
    if pair.state in {PairState.HEALTHY, PairState.NOT_ROLLED_BACK}:
        return (board.run.version if board.run else "",)
    if pair.state.final or pair.state is PairState.PENDING or board.result is not None:
        return (pair.version_before or "",)
    return _times(now_t - pair.since_t)


def _times(seconds: float) -> Sequence[str]:
    """A duration, and shorter ways to say it: `3 min 5 s`, `3 min`, `3m`."""
    told = duration(int(seconds))
    number, unit, *_ = told.split()
    return told, f"{number} {unit}", f"{number}{unit[0]}"


def _joined(look: Look, word: str, more: str, right: Sequence[str], width: int) -> list[Part]:
    """`glyph word more` on the left, and at the right end the first of the texts that has room. What has no
    room is left out."""
    left = cut(f"{look.glyph} {word}", width)
    told = _first_fitting([inert(text) for text in right], width - cells(left) - 1)
    more = inert(more).strip()
    parts: list[Part] = [(left, look.tone.value)]
    if more and cells(more) <= width - cells(left) - cells(told) - 2:
        parts.append((f" {more}", "$text-muted"))
    gap = width - sum(cells(text) for text, _ in parts) - cells(told)
    if gap > 0:
        parts.append((" " * gap, ""))
    return [*parts, (told, "$text-muted")] if told else parts


def _first_fitting(texts: Sequence[str], room: int) -> str:
    """The first that fits, else as much of the last as there is room for."""
    whole = next((text for text in texts if cells(text) <= room), None)
    if whole is not None:
        return whole
    return cut(texts[-1], room) if room >= LEAST_CUT else ""
