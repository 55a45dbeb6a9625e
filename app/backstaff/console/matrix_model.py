"""The hosts and their roles as rows to be drawn: which ones, in which order, under which heading."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backstaff.console.subject import Subject
from backstaff.console.trouble import Trouble, host_trouble, pair_trouble
from backstaff.events.board import Board
from backstaff.events.board_state import HostView, PairView


class Grouping(StrEnum):
    """What the rows are: hosts with a column for each role, or the hosts of one role after the other."""

    HOST = "host"
    ROLE = "role"


@dataclass(frozen=True)
class Row:
    """One line. `cells` are as many as there are columns, None where the host does not run the role.

    A heading has a `title` and no host."""

    host: HostView | None = None
    cells: tuple[PairView | None, ...] = ()
    trouble: Trouble = Trouble.IDLE
    title: str = ""

    def subject(self, column: int) -> Subject | None:
        """What a cell is about: the role on the host, the host where it does not run the role, None for
        a heading."""
        if self.host is None:
            return None
        pair = self.cells[column] if 0 <= column < len(self.cells) else None
        return Subject(self.host.name, pair.role if pair else "")


@dataclass(frozen=True)
class Table:
    """Rows under the names of the `roles` that their cells stand for."""

    roles: tuple[str, ...]
    rows: tuple[Row, ...]

    def find(self, subject: Subject) -> tuple[int, int] | None:
        """Row and column of a subject; of a host the first column. None if it is not in the table."""
        for number, row in enumerate(self.rows):
            if row.host is None or row.host.name != subject.host:
                continue
            if not subject.role:
                return number, 0
            for column, pair in enumerate(row.cells):
                if pair is not None and pair.role == subject.role:
                    return number, column
        return None


def make_table(
    board: Board, grouping: Grouping = Grouping.HOST, pattern: str = "", *, columns: bool = True
) -> Table:
    """The table of a Board.

    Hosts with trouble come first, otherwise in the order of the plan. `pattern` keeps the hosts and roles in
    whose name, state or version it is found. Without `columns` every role of a host has a row of its own."""
    pairs = _by_host(_matching(board, pattern))
    hosts = [board.hosts.get(name, HostView(name)) for name in _hosts(board, pairs, pattern)]
    roles = _roles(board)
    if grouping is Grouping.ROLE:
        return Table(("",), tuple(_rows_by_role(board, hosts, pairs, roles)))
    if not columns:
        return Table(("",), tuple(_rows_one_by_one(board, hosts, pairs)))
    rows = [
        Row(host, _cells(pairs[host.name], roles), host_trouble(board, host.name, pairs[host.name]))
        for host in hosts
    ]
    return Table(tuple(roles), tuple(sorted(rows, key=lambda row: -row.trouble)))


def _matching(board: Board, pattern: str) -> Iterable[PairView]:
    wanted = pattern.lower().split()
    for pair in board.pairs.values():
        text = f"{pair.key} {pair.state.value} {pair.version_before or ''}".lower()
        if all(word in text for word in wanted):
            yield pair


def _by_host(pairs: Iterable[PairView]) -> dict[str, list[PairView]]:
    found: dict[str, list[PairView]] = defaultdict(list)
    for pair in pairs:
        found[pair.host].append(pair)
    return found


def _hosts(board: Board, pairs: dict[str, list[PairView]], pattern: str) -> list[str]:
    """All hosts, or with a pattern those that run something that matches it or match it themselves."""
    if not pattern:
        return list(dict.fromkeys([*board.hosts, *pairs]))
    return [name for name in board.hosts if name in pairs or pattern.lower() in name.lower()]


def _roles(board: Board) -> list[str]:
    """The roles in the order of the plan, that of the gatekeepers first."""
    pairs = board.plan.pairs if board.plan else ()
    planned = sorted(pairs, key=lambda pair: not pair.gatekeeper)
    return list(
        dict.fromkeys([*(pair.role for pair in planned), *(pair.role for pair in board.pairs.values())])
    )


def _cells(pairs: Sequence[PairView], roles: Sequence[str]) -> tuple[PairView | None, ...]:
    on_host = {pair.role: pair for pair in pairs}
    return tuple(on_host.get(role) for role in roles)


def _rows_by_role(
    board: Board, hosts: Sequence[HostView], pairs: dict[str, list[PairView]], roles: Sequence[str]
) -> Iterable[Row]:
    for role in roles:
        of_role = [(host, pair) for host in hosts for pair in pairs[host.name] if pair.role == role]
        if of_role:
            yield Row(title=role)
            rows = [Row(host, (pair,), host_trouble(board, host.name, [pair])) for host, pair in of_role]
            yield from sorted(rows, key=lambda row: -row.trouble)
    idle = [host for host in hosts if not pairs[host.name]]
    if idle:
        yield Row(title="no role")
        yield from (Row(host, (None,), host_trouble(board, host.name, ())) for host in idle)


def _rows_one_by_one(
    board: Board, hosts: Sequence[HostView], pairs: dict[str, list[PairView]]
) -> Iterable[Row]:
    rows = []
    for host in hosts:
        of_host = pairs[host.name]
        rows += [
            Row(host, (pair,), max(pair_trouble(board, pair), host_trouble(board, host.name, ())))
            for pair in of_host
        ]
        if not of_host:
            rows.append(Row(host, (None,), host_trouble(board, host.name, ())))
    return sorted(rows, key=lambda row: -row.trouble)
