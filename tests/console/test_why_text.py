"""What the why panel says."""

import pytest

from backstaff.console.subject import RUN, Subject, most_urgent
from backstaff.console.why_panel import UNWRAPPED
from backstaff.console.why_text import heading_of, sentence_lines, why_lines
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard, HealthProbe, HostState, Outcome, PairState, WaitKind
from backstaff.events.types import HostChanged, Notice, WaitEnded
from tests.events.builders import (
    Script,
    a_container,
    a_failed_deploy,
    a_stuck_barrier,
    at_the_barrier,
    container_event,
    pair,
    probe,
    until_boot,
    wait,
    waits_without_a_limit,
)
from tests.headless.pictures import failed

WIDTHS = (30, 58, 70, 118)


def text(board: Board, subject: Subject, now_t: float = 0.0, width: int = 100) -> str:
    return "\n".join(line.plain.rstrip() for line in why_lines(board, subject, now_t or board.t, width))


def a_failed_board() -> Board:
    board = Board()
    for event in failed():
        board.fold(event)
    return board


def test_a_barrier_is_explained_by_the_hosts_that_could_open_it() -> None:
    said = text(a_stuck_barrier().board, Subject("h3", "job"), 32)
    assert said.startswith("waits for the first healthy web container\n12 s of 30 s")
    assert "  18 s left\nat the latest after 45 s, in 33 s\nnext: the barrier fails when h1's time" in said
    assert "h2 web  no container passes the filters" in said
    assert "GET :3000/up -> " in said
    assert "9 times" in said
    assert "> could not connect to database at db:5432" in said


def test_a_wait_without_a_limit_says_so_and_draws_no_bar_to_a_deadline() -> None:
    board = waits_without_a_limit().board
    said = text(board, Subject("h3", "job"), 32)
    assert said.splitlines()[1] == "12 s  no limit"
    assert "next: h1 and h2 can still open it" in said
    assert " left" not in said
    (_, time) = sentence_lines(board, Subject("h3", "job"), 32, 80)
    assert time.plain == "12 s  no limit"


def test_what_else_is_waited_for_without_a_limit_says_so_too() -> None:
    script = waits_without_a_limit().at(31, wait(9, WaitKind.DOCKER, "h3", "job", "docker ps", 0))
    last = text(script.board, Subject("h3", "job"), 32).splitlines()[-1]
    assert last == "also waits: docker ps, no limit"


def test_a_wait_without_a_limit_ends_with_the_barrier_that_fails_before() -> None:
    script = waits_without_a_limit()
    for number, host in enumerate(("h1", "h2"), 3):
        script.at(31, WaitEnded(wait=number, outcome=Outcome.DONE, took_s=1))
        script.at(31, wait(number + 5, WaitKind.PROXY, host, "web", "the proxy to find it healthy", 30))
    said = text(script.board, Subject("h3", "job"), 41)
    assert "21 s of 41 s" in said
    assert "20 s left" in said
    assert "at the latest" not in said


def test_the_funnel_tells_for_each_filter_what_it_dropped_and_ends_where_nothing_is_left() -> None:
    rows = [line.split() for line in text(a_stuck_barrier().board, Subject("h3", "job"), 32).splitlines()]
    assert ["label=destination=production", "2", "shop-web-staging-v3:", "destination=staging"] in rows
    assert ["label=role=web", "1", "shop-job-production-v41:", "role=job"] in rows
    assert any(row[:3] == ["status", "running|restarting", "0"] for row in rows)


def test_a_failed_role_shows_the_card_at_the_end_and_what_was_seen() -> None:
    board = a_failed_board()
    said = text(board, most_urgent(board))
    assert said.startswith("FAILED  boot of web on h2")
    for label in ("cause", "evidence", "state", "fix", "retry", "seen"):
        assert f"\n{label}" in said
    assert "status running|restarting" in said


def test_commands_of_the_card_keep_lines_of_their_own() -> None:
    lines = text(a_failed_board(), RUN, width=200).splitlines()
    assert any(line.strip().startswith("backstaff app logs") for line in lines)


def test_hosts_that_need_different_things_each_have_a_line_on_the_card() -> None:
    fix = "h1: look at sshd\nh2: install it   apt-get install docker"
    card = FailureCard(title="connecting to h1 and h2", cause="2 hosts can not be used", fix=fix)
    assert text(a_failed_deploy(lambda _: card).board, RUN).splitlines()[-3:] == [
        "fix       h1: look at sshd",
        "          h2: install it",
        "          apt-get install docker",
    ]


def test_another_cell_than_the_failed_one_tells_its_own_story() -> None:
    said = text(a_failed_board(), Subject("h3", "job"))
    assert "FAILED" not in said
    assert "not booted: no web container became healthy" in said


def test_a_role_that_has_not_begun_says_what_it_comes_after() -> None:
    script = until_boot(Script())
    assert text(script.board, Subject("h3", "job")).startswith("◦ pending")


def test_a_host_without_roles_tells_of_its_connection() -> None:
    script = until_boot(Script())
    script.at(7, HostChanged(host="db1", state=HostState.UNREACHABLE, detail="connection refused"))
    assert text(script.board, Subject("db1")) == "✗ unreachable: connection refused"
    script.at(8, HostChanged(host="db1", state=HostState.CONNECTED, docker="27.3.1"))
    assert "no role runs on this host" in text(script.board, Subject("db1"))


def test_the_run_as_a_whole_tells_its_warnings() -> None:
    script = until_boot(Script())
    script.at(7, Notice(level="warning", text="the disk is nearly full", host="h1"))
    assert "h1: the disk is nearly full" in text(script.board, RUN)


def test_results_of_a_healthcheck_are_shown_with_their_exit_codes() -> None:
    script = until_boot(Script())
    facts = a_container("h3", "job", health="starting").model_copy(
        update={"health_log": (HealthProbe(at="", exit_code=7, output="no queue\n"),)}
    )
    script.at(7, container_event("h3", "job", "start", facts), pair("h3", "job", PairState.CHECKING))
    script.at(7, wait(1, WaitKind.HEALTH, "h3", "job", "its HEALTHCHECK"))
    assert "HEALTHCHECK exits 7: no queue" in text(script.board, Subject("h3", "job"))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_panel(width: int) -> None:
    boards = [a_stuck_barrier().board, a_failed_board()]
    subjects = [
        RUN,
        *(Subject(h, r) for h, r in (("h1", "web"), ("h2", "web"), ("h3", "job"), ("h4", "job"))),
    ]
    for board in boards:
        for subject in subjects:
            lines = why_lines(board, subject, board.t, width)
            assert not [line.plain for line in lines if line.cell_length > width]


def test_what_a_container_prints_stays_text() -> None:
    script = a_stuck_barrier()
    said = text(script.board, Subject("h2", "web"))
    assert "\x1b" not in said
    assert "could not connect" in said


def test_the_least_that_is_said_is_who_waits_and_for_how_long() -> None:
    board = a_stuck_barrier().board
    lines = [line.plain for line in sentence_lines(board, Subject("h3", "job"), 32, 58)]
    assert lines[0] == "job@h3 waits for the first healthy web container"
    assert lines[1].startswith("12 s of 30 s")
    assert sentence_lines(a_failed_board(), RUN, 51, 58)[0].plain.startswith(
        "FAILED  boot of web on h2: the container exited 1"
    )


def test_a_sentence_that_is_cut_ends_with_a_sign_of_it() -> None:
    script = until_boot(Script())
    cause = "the container to answer GET /up on port 3000 " * 6
    script.at(7, wait(1, WaitKind.PROXY, "h1", "web", cause.strip(), 30))
    first, second, last, time = sentence_lines(script.board, Subject("h1", "web"), 8, 58)
    assert first.plain.startswith("web@h1 waits for the container to answer")
    assert not second.plain.endswith("…")
    assert last.plain.endswith("…")
    assert last.cell_length <= 58
    assert time.plain.startswith("1 s of 30 s")


def test_a_sentence_of_two_lines_is_not_cut() -> None:
    script = until_boot(Script())
    script.at(7, HostChanged(host="db1", state=HostState.UNREACHABLE, detail="connection refused " * 4))
    lines = [line.plain for line in sentence_lines(script.board, Subject("db1"), 8, 58)]
    assert len(lines) == 2
    assert " ".join(lines).split() == ["✗", "unreachable:", *["connection", "refused"] * 4]


def test_earlier_checks_are_told_apart_from_the_last_one() -> None:
    script = at_the_barrier(until_boot(Script()))
    script.at(21, probe("h1", "connection refused", 2, 21)).at(22, probe("h1", "status 500", 1, 22))
    said = text(script.board, Subject("h1", "web")).splitlines()
    last = next(number for number, line in enumerate(said) if "status 500" in line)
    earlier = next(number for number, line in enumerate(said) if "connection refused" in line)
    assert last < said.index("  before that") < earlier


def test_what_failed_before_a_role_became_healthy_is_left_out() -> None:
    script = at_the_barrier(until_boot(Script()))
    script.at(21, probe("h1", "connection refused", 2, 21), probe("h1", "status 200", 1, 21, ok=True))
    script.at(22, probe("h2", "connection refused", 2, 22))
    for host, number in (("h1", 3), ("h2", 4)):
        script.at(23, WaitEnded(wait=number, outcome=Outcome.DONE, took_s=3.0))
        script.at(23, pair(host, "web", PairState.HEALTHY))
    assert "refused" not in text(script.board, Subject("h1", "web"))
    assert "status 200" in text(script.board, Subject("h1", "web"))
    assert "refused" not in text(script.board, Subject("h2", "web"))


def test_without_a_width_commands_are_in_one_piece() -> None:
    board = a_failed_board()
    assert board.failure is not None
    assert any(
        line.strip().endswith(board.failure.retry) for line in text(board, RUN, width=UNWRAPPED).split("\n")
    )


def test_a_role_that_did_not_go_back_is_named_so() -> None:
    script = until_boot(Script()).at(8, pair("h1", "web", PairState.NOT_ROLLED_BACK))
    assert heading_of(script.board, Subject("h1", "web")) == "why web@h1 is not rolled back"


def test_the_panel_is_named_for_what_it_explains() -> None:
    assert heading_of(a_stuck_barrier().board, Subject("h3", "job")) == "why job@h3 waits"
    assert heading_of(a_stuck_barrier().board, Subject("h2", "web")) == "why web@h2 failed"
    assert heading_of(a_failed_board(), Subject("h2", "web")) == "why boot of web on h2 failed"
    assert heading_of(until_boot(Script()).board, Subject("h1", "web")) == "web@h1"
