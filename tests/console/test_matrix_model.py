"""Which rows the matrix has, and in which order."""

from backstaff.console.matrix_model import Grouping, Table, make_table
from backstaff.console.subject import Subject
from backstaff.console.trouble import Trouble
from backstaff.events.facts import HostState, PairState
from backstaff.events.types import HostChanged
from tests.events.builders import Script, a_good_deploy, a_stuck_barrier, pair, probe, until_boot


def names(table: Table) -> list[str]:
    return [row.host.name if row.host else f"[{row.title}]" for row in table.rows]


def test_hosts_with_trouble_come_first_and_the_others_stay_in_the_order_of_the_plan() -> None:
    assert names(make_table(a_stuck_barrier().board)) == ["h2", "h1", "h3", "h4"]
    assert names(make_table(a_good_deploy().board)) == ["h1", "h2", "h3", "h4"]


def test_the_role_of_the_gatekeepers_is_the_first_column() -> None:
    table = make_table(a_stuck_barrier().board)
    assert table.roles == ("web", "job")
    cells = {
        row.host.name: [cell.role if cell else "" for cell in row.cells] for row in table.rows if row.host
    }
    assert cells == {"h1": ["web", ""], "h2": ["web", ""], "h3": ["", "job"], "h4": ["", "job"]}


def test_by_role_each_role_has_a_heading_and_its_hosts_below() -> None:
    table = make_table(a_stuck_barrier().board, Grouping.ROLE)
    assert names(table) == ["[web]", "h2", "h1", "[job]", "h3", "h4"]


def test_a_host_without_a_role_is_listed_too() -> None:
    script = until_boot(Script())
    script.at(7, HostChanged(host="db1", state=HostState.CONNECTED))
    assert "db1" in names(make_table(script.board))
    assert names(make_table(script.board, Grouping.ROLE))[-2:] == ["[no role]", "db1"]
    assert "db1" in names(make_table(script.board, columns=False))


def test_without_columns_every_role_of_a_host_has_a_row() -> None:
    script = until_boot(Script())
    script.at(7, pair("h1", "cron", PairState.PENDING))
    table = make_table(script.board, columns=False)
    rows = [(row.host.name, row.cells[0].role) for row in table.rows if row.host and row.cells[0]]
    assert ("h1", "web") in rows
    assert ("h1", "cron") in rows


def test_a_pattern_keeps_what_it_is_found_in() -> None:
    board = a_stuck_barrier().board
    assert names(make_table(board, pattern="h3")) == ["h3"]
    assert names(make_table(board, pattern="job")) == ["h3", "h4"]
    assert names(make_table(board, pattern="WEB fail")) == ["h2"]
    assert names(make_table(board, pattern="nowhere")) == []


def test_places_are_found_by_subject_and_back() -> None:
    table = make_table(a_stuck_barrier().board)
    assert table.find(Subject("h3", "job")) == (2, 1)
    assert table.rows[2].subject(1) == Subject("h3", "job")
    assert table.rows[2].subject(0) == Subject("h3")
    assert table.find(Subject("h3")) == (2, 0)
    assert table.find(Subject("h9", "job")) is None


def test_a_lost_host_is_more_trouble_than_a_struggling_one_and_less_than_a_failure() -> None:
    script = a_stuck_barrier()
    script.at(33, HostChanged(host="h4", state=HostState.LOST))
    trouble = {row.host.name: row.trouble for row in make_table(script.board).rows if row.host}
    assert trouble == {
        "h2": Trouble.FAILED,
        "h4": Trouble.GONE,
        "h1": Trouble.STRUGGLING,
        "h3": Trouble.WAITING,
    }


def test_a_few_refused_connections_are_no_trouble_yet() -> None:
    script = until_boot(Script())
    script.at(7, pair("h1", "web", PairState.CHECKING), probe("h1", "connection refused", 2, 7))
    assert make_table(script.board).rows[0].trouble is Trouble.BUSY
    script.at(8, probe("h1", "connection refused", 3, 8))
    assert make_table(script.board).rows[0].trouble is Trouble.STRUGGLING
