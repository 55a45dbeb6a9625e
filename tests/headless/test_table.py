import pytest

from backstaff.events.board import Board
from backstaff.events.facts import PairState, PairVerdict
from backstaff.events.types import Verified
from backstaff.events.width import columns
from backstaff.headless.paint import Paint
from backstaff.headless.table import table_lines
from tests.events.builders import Script, a_good_deploy, a_plan, a_run, pair


def lines_of(board: Board, width: int = 80) -> list[str]:
    return [str(line) for line in table_lines(board, width)]


def test_hosts_go_down_and_roles_across() -> None:
    assert lines_of(a_good_deploy().board) == [
        "host  web         job",
        "h1    v42 serves  .",
        "h2    v42 serves  .",
        "h3    .           v42 runs",
        "h4    .           v42 runs",
    ]


def test_wide_characters_take_the_columns_that_they_take() -> None:
    verdict = PairVerdict(host="h1", role="web", expected="v42", serving="v41", note="漢字")
    script = Script().at(0, a_run(), a_plan(), pair("h1", "web", PairState.HEALTHY))
    heading, first, *_ = lines_of(script.at(1, Verified(pairs=(verdict,))).board)
    assert "漢字" in first
    assert columns(first) - 1 == heading.index("job")


@pytest.mark.parametrize("width", [0, 80, 200])
def test_a_width_of_nothing_counts_as_eighty(width: int) -> None:
    assert len(lines_of(a_good_deploy().board, width)) == 5


def test_where_it_does_not_fit_each_pair_has_its_line() -> None:
    assert lines_of(a_good_deploy().board, 20)[:2] == ["h1 web: v42 serves", "h2 web: v42 serves"]


def test_what_disagrees_says_why_and_what_is_unknown_says_so() -> None:
    verdicts = (
        PairVerdict(host="h1", role="web", expected="v42", serving="v41", note="the proxy\x1b[0m serves v41"),
        PairVerdict(host="h2", role="web", expected="v42", unknown="no answer"),
    )
    script = Script().at(0, a_run(), a_plan(), pair("h1", "web", PairState.HEALTHY))
    lines = lines_of(script.at(1, Verified(pairs=verdicts)).board)
    assert lines[1].split("  ", 1)[1].strip().startswith("v41 serves (the proxy serves v41)")
    assert "unknown: no answer" in lines[2]


def test_what_failed_or_was_left_alone_needs_no_note() -> None:
    seen = PairVerdict(host="h1", role="web", expected="v42", serving="v41", note="its container is exited")
    script = Script().at(0, a_run(), a_plan(), pair("h1", "web", PairState.FAILED))
    lines = lines_of(script.at(1, Verified(pairs=(seen,))).board)
    assert lines[1].split("  ", 1)[1].strip().startswith("v42 not started, v41 serves")
    assert "exited" not in lines[1]


def test_no_pairs_no_table() -> None:
    assert lines_of(Board()) == []


def test_colours_do_not_move_columns() -> None:
    lines = [Paint(enabled=True)(line) for line in table_lines(a_good_deploy().board)]
    assert "\x1b[32mv42 serves\x1b[0m  " in lines[1]
