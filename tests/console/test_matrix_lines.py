"""What a row of the matrix says."""

import pytest

from backstaff.console.matrix_lines import fits, heading, measure, row_line
from backstaff.console.matrix_model import Grouping, make_table
from backstaff.events.board import Board
from backstaff.events.facts import HostState, PairState, Phase
from backstaff.events.types import HostChanged, Progress, RunEnded
from backstaff.events.width import columns
from tests.events.builders import Script, a_good_deploy, a_plan, a_run, a_stuck_barrier, pair, until_boot


def rows(board: Board, width: int = 80, *, grouping: Grouping = Grouping.HOST) -> dict[str, str]:
    """The text of each row by the host's name."""
    table = make_table(board, grouping)
    sizes = measure(board, table, width, listed=grouping is Grouping.ROLE)
    texts = {}
    for row in table.rows:
        text = "".join(part for part, _ in row_line(board, row, sizes, board.t, None))
        texts[row.host.name if row.host else row.title] = text
    return texts


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_cell_has_glyph_word_what_goes_on_and_since_when() -> None:
    told = rows(a_stuck_barrier().board)
    assert words(told["h3"]) == "h3 · ⋯ at barrier web 12 s"
    assert words(told["h2"]) == "! h2 ✗ failed v41 ·"
    assert words(told["h1"]).startswith("! h1 ~ checking")


def test_a_healthy_role_tells_its_version() -> None:
    assert words(rows(a_good_deploy().board)["h1"]) == "h1 ✓ healthy v42 ·"


def test_a_pull_tells_how_far_it_has_come() -> None:
    script = Script().at(0, a_run(), a_plan(), pair("h1", "web", PairState.PULLING))
    script.at(1, Progress(subject="pull", host="h1", current=12, total=48, text="Downloading"))
    assert words(rows(script.board)["h1"]) == "h1 ▸ pulling 25% 1 s ·"


def test_a_host_that_is_gone_says_so_in_the_cells_of_its_roles_only() -> None:
    script = until_boot(Script())
    script.at(8, HostChanged(host="h3", state=HostState.LOST, detail="keepalive"))
    assert words(rows(script.board)["h3"]) == "! h3 · ✗ lost keepalive 0 s"


def test_what_a_run_left_in_the_middle_is_not_booted_when_it_has_ended() -> None:
    script = until_boot(Script())
    script.at(8, pair("h1", "web", PairState.PULLING))
    script.at(9, RunEnded(exit_code=1, verdict="failed", took_s=9))
    assert words(rows(script.board)["h1"]) == "h1 - not booted v41 ·"


def test_under_headings_the_role_is_not_repeated() -> None:
    told = rows(a_stuck_barrier().board, grouping=Grouping.ROLE)
    assert told["web"] == "web"
    assert words(told["h4"]) == "h4 ⋯ at barrier web 12 s"


@pytest.mark.parametrize("width", [30, 42, 60, 80, 118])
def test_no_row_is_wider_than_the_table(width: int) -> None:
    board = a_stuck_barrier().board
    listed = not fits(board, 2, width)
    table = make_table(board, columns=not listed)
    sizes = measure(board, table, width, listed=listed)
    for row in table.rows:
        for selected in (None, 0):
            line = row_line(board, row, sizes, board.t, selected)
            assert columns("".join(text for text, _ in line)) <= width
    assert columns("".join(text for text, _ in heading(table, sizes))) <= width


def test_the_cursor_is_marked_by_more_than_a_colour() -> None:
    board = a_stuck_barrier().board
    table = make_table(board)
    sizes = measure(board, table, 80, listed=False)
    assert row_line(board, table.rows[2], sizes, board.t, 1)[0][0] == "> "


def test_names_of_hosts_are_cut_and_made_inert() -> None:
    script = Script().at(0, a_run())
    script.at(1, HostChanged(host="h" * 60 + "\x1b[31m", state=HostState.CONNECTED))
    (text,) = rows(script.board).values()
    assert "…" in text
    assert "\x1b" not in text
    assert Phase.BOOT not in script.board.phases
