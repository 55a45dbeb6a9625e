"""What a row of the matrix says."""

from collections.abc import Sequence

import pytest

from backstaff.console.matrix_lines import fits, heading, measure, row_line
from backstaff.console.matrix_model import Grouping, make_table
from backstaff.events.board import Board
from backstaff.events.facts import HostState, PairState, Phase
from backstaff.events.types import HostChanged, Notice, PairPlanned, PlanMade, Progress, RunEnded, StepStarted
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


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("no route", "✗ unreachable no route 0 s"),
        ("10.0.0.3 port 22 refuses connections", "✗ unreachable 0 s"),
    ],
)
def test_what_has_no_room_beside_the_word_is_left_out_whole(detail: str, told: str) -> None:
    script = until_boot(Script())
    script.at(8, HostChanged(host="h3", state=HostState.UNREACHABLE, detail=detail))
    assert words(rows(script.board)["h3"]) == f"! h3 · {told}"


def test_a_role_that_went_back_tells_the_version_that_serves_and_one_that_did_not_the_new_one() -> None:
    script = until_boot(Script())
    script.at(8, pair("h1", "web", PairState.ROLLED_BACK), pair("h2", "web", PairState.NOT_ROLLED_BACK))
    told = rows(script.board)
    assert words(told["h1"]) == "h1 ↩ rolled back v41 ·"
    assert words(told["h2"]) == "! h2 ✗ not back v42 ·"


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


def a_fleet(names: Sequence[str], roles: Sequence[str] = ("web", "job")) -> Script:
    """Every role waits at the barrier on each of the hosts, for 12 s."""
    pairs = tuple(
        PairPlanned(host=host, role=role, group=1, gatekeeper=role == "web", proxied=role == "web")
        for host in names
        for role in roles
    )
    plan = PlanMade(
        hosts=tuple(names), pairs=pairs, groups=(tuple(names),), phases=tuple(Phase), barrier="web"
    )
    script = Script().at(0, a_run(), plan)
    for each in pairs:
        script.at(1, pair(each.host, each.role, PairState.WAITING))
    return script.at(13, *(HostChanged(host=name, state=HostState.CONNECTED) for name in names))


ORDINARY = [f"web-{number}.prod.eu-west.example.com" for number in range(1, 4)]


@pytest.mark.parametrize("width", [38, 46, 58, 78, 118])
@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (ORDINARY, ("web", "job")),
        (["h" * 60, "203.0.113.17"], ("web", "job")),
        (ORDINARY, ("web", "sidekiq-critical-and-mailers", "cron")),
    ],
)
def test_glyph_word_and_time_are_seen_whatever_hosts_and_roles_are_called(
    width: int, names: list[str], roles: tuple[str, ...]
) -> None:
    board = a_fleet(names, roles).board
    listed = not fits(board, len(roles), width)
    table = make_table(board, columns=not listed)
    sizes = measure(board, table, width, listed=listed)
    for row in table.rows:
        text = "".join(part for part, _ in row_line(board, row, sizes, board.t, None))
        assert columns(text) <= width
        assert text.count("⋯ at barrier") == text.count("12 s") == len(row.cells)


def test_a_domain_that_all_hosts_share_is_left_out_so_that_roles_keep_their_columns() -> None:
    board = a_fleet(ORDINARY).board
    assert fits(board, 2, 46)
    sizes = measure(board, make_table(board), 46, listed=False)
    lines = [row_line(board, row, sizes, board.t, None) for row in make_table(board).rows]
    assert [line[1][0].strip() for line in lines] == ["web-1", "web-2", "web-3"]


def test_names_are_in_full_where_there_is_room() -> None:
    assert "web-1.prod.eu-west.example" in "".join(rows(a_fleet([ORDINARY[0][:-4]]).board, 118))


def stepping(state: PairState, step: str) -> Board:
    script = Script().at(0, a_run(), a_plan(), pair("h1", "web", state))
    return script.at(1, StepStarted(step=step, host="h1", role="web")).at(12, a_nothing()).board


@pytest.mark.parametrize(
    ("state", "step", "narrow", "wide"),
    [
        (PairState.CHECKING, "wait until healthy", "~ health 11 s", "~ checking health 12 s"),
        (PairState.CHECKING, "switch the proxy", "~ proxy 11 s", "~ checking proxy 12 s"),
        (PairState.PREPARING, "rename the old container", "▸ rename 11 s", "▸ preparing rename 12 s"),
        (
            PairState.STOPPING_OLD,
            "stop a stale container",
            "▸ stop stale 11 s",
            "▸ ending old stop stale 12 s",
        ),
        (PairState.STOPPING_OLD, "stop the old container", "▸ ending old 12 s", "▸ ending old 12 s"),
        (PairState.PREPARING, "something that takes long", "▸ preparing 12 s", "▸ preparing 12 s"),
        (PairState.STARTING, "start it", "▸ starting 12 s", "▸ starting 12 s"),
    ],
)
def test_a_step_stands_beside_the_word_or_where_that_has_no_room_instead_of_it(
    state: PairState, step: str, narrow: str, wide: str
) -> None:
    board = stepping(state, step)
    assert words(rows(board, 46)["h1"]).removeprefix("h1 ") == f"{narrow} ·"
    assert words(rows(board, 80)["h1"]).removeprefix("h1 ") == f"{wide} ·"


@pytest.mark.parametrize(
    ("seconds", "told"), [(59, "59 s"), (185, "3 min"), (732, "12m"), (7_800, "2 h"), (40_000, "11 h")]
)
def test_a_time_that_has_no_room_is_told_shorter_and_never_cut(seconds: int, told: str) -> None:
    script = Script().at(0, a_run(), a_plan(), pair("h1", "web", PairState.WAITING)).at(seconds, a_nothing())
    assert words(rows(script.board, 46)["h1"]) == f"h1 ⋯ at barrier {told} ·"


def a_nothing() -> Notice:
    return Notice(level="info", text="time passes")


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
