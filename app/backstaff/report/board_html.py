"""The board at the end: hosts down, roles across, and in each cell the state and what serves there."""

from backstaff.console.matrix_model import Row, Table, make_table
from backstaff.console.trouble import Trouble
from backstaff.events.board import Board
from backstaff.events.board_state import HostView, PairView
from backstaff.events.facts import HostState, PairState
from backstaff.explain.outcome import pair_outcome, verdict_of
from backstaff.explain.words import counted
from backstaff.report.looks import state
from backstaff.report.markup import NOTHING, Child, Html, element, joined

MANY = 24
"""From so many hosts on, those where all is well are folded away."""
MOST_HOSTS = 2_000
_ORDINARY = {HostState.CONNECTED, HostState.UNKNOWN}


def final_board(board: Board) -> Html:
    """The board; nothing for a run that knew of no host."""
    table = make_table(board)
    if not table.rows:
        return NOTHING
    first, rest, left_out = _folded(table)
    folded = NOTHING
    if rest:
        told = f" {counted(len(rest), 'more host' if first else 'host')} where all is well"
        summary = element("summary", state(PairState.HEALTHY), told)
        folded = element("details", summary, _table(board, table.roles, rest))
    shown = _table(board, table.roles, first) if first else NOTHING
    more = element("p", f"{counted(left_out, 'host')} left out", class_="quiet") if left_out else NOTHING
    title = "Hosts at the end" if board.result else "Hosts when last seen"
    return element("section", element("h2", title), shown, folded, more, class_="board")


def _folded(table: Table) -> tuple[list[Row], list[Row], int]:
    """The rows that are shown, those behind a fold, and how many are not on the page."""
    rows = list(table.rows[:MOST_HOSTS])
    left_out = len(table.rows) - len(rows)
    if len(rows) <= MANY:
        return rows, [], left_out
    troubled = [row for row in rows if row.trouble is not Trouble.DONE]
    return troubled, [row for row in rows if row.trouble is Trouble.DONE], left_out


def _table(board: Board, roles: tuple[str, ...], rows: list[Row]) -> Html:
    head = element("tr", element("th", "host", scope="col"), *(element("th", r, scope="col") for r in roles))
    body = [_row(board, row) for row in rows]
    table = element("table", element("thead", head), element("tbody", *body))
    return element("div", table, class_="wide", tabindex="0", role="region", aria_label="Hosts and roles")


def _row(board: Board, row: Row) -> Html:
    host = row.host or HostView("")
    return element(
        "tr", element("th", *_host(host), scope="row"), *(_cell(board, pair) for pair in row.cells)
    )


def _host(host: HostView) -> list[Child]:
    if host.state in _ORDINARY:
        return [element("span", host.name, class_="name")]
    detail = element("span", host.detail, class_="detail") if host.detail else NOTHING
    return [element("span", host.name, class_="name"), " ", state(host.state), detail]


def _cell(board: Board, pair: PairView | None) -> Html:
    if pair is None:
        return element("td", element("span", "·", class_="none", aria_label="not on this host"))
    detail = NOTHING if pair.state is PairState.HEALTHY else element("span", pair.detail, class_="detail")
    return element("td", state(pair.state), element("span", _outcome(board, pair), class_="outcome"), detail)


def _outcome(board: Board, pair: PairView) -> str:
    """What serves or runs there; where that is not what was expected, what was seen instead."""
    verdict = verdict_of(board, pair)
    said = pair_outcome(board, pair)
    odd = pair.state is PairState.HEALTHY and verdict is not None and not verdict.agrees
    return f"{said} ({verdict.note})" if odd and verdict is not None and verdict.note else said


def notices(board: Board, damaged: int) -> Html:
    """Warnings of the run, and what of its journal can not be read."""
    warnings = [each for each in board.notices if each.level == "warning"]
    planned = list(board.plan.warnings) if board.plan else []
    told: list[Child] = [
        *planned,
        *(joined(f"{each.host}: " if each.host else "", each.text) for each in warnings),
    ]
    if damaged:
        told.append(f"{counted(damaged, 'line')} of the journal can not be read and left out here")
    if not told:
        return NOTHING
    lines = (element("li", line) for line in told)
    return element("section", element("h2", "Warnings"), element("ul", *lines), class_="notices")
