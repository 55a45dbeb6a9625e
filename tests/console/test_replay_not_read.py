"""What is said of a run of which not all is read, and of where its replay is."""

from pathlib import Path

import pytest

from backstaff.console.overview import Overview
from backstaff.console.phase_bar import phase_line
from backstaff.console.replaying import Rough
from backstaff.events.facts import Phase
from backstaff.events.types import PhaseStarted
from backstaff.replay.player import Motion, Player
from backstaff.replay.recording import Recording
from tests.console.replaying import a_file, replayed
from tests.events.builders import Script, a_plan, a_run
from tests.replay.journals import a_failed_run

RUN = a_failed_run()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_file(tmp_path, RUN)


def test_of_a_run_that_is_not_all_read_only_phases_that_were_read_of_are_told() -> None:
    board = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.BOOT)).board
    assert phase_line(board, 25, 118, unread=True).plain == "▸ boot 25 s"
    assert phase_line(board, 25, 4, unread=True).plain == ""


def test_where_no_phase_was_read_of_none_is_told() -> None:
    board = Script().at(0, a_run(), a_plan()).board
    assert phase_line(board, 25, 118).plain
    assert phase_line(board, 25, 118, unread=True).plain == ""


@pytest.mark.parametrize(
    ("motion", "state"),
    [(Motion.PAUSED, "paused"), (Motion.PLAYING, "▸ 2x"), (Motion.FOLLOWING, "following")],
)
async def test_the_timeline_tells_what_becomes_of_the_place(
    path: Path, monkeypatch: pytest.MonkeyPatch, motion: Motion, state: str
) -> None:
    async with replayed(path) as (app, _):
        player: Player = app.replaying.player
        player.set_speed(2.0)
        monkeypatch.setattr(player, "motion", motion)
        assert Overview(app.replaying).course().state == state


@pytest.mark.parametrize(("share", "state"), [(0.34, "read 34%"), (1.0, "…")])
async def test_on_the_way_the_timeline_tells_how_much_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, share: float, state: str
) -> None:
    async with replayed(path) as (app, _):
        app.replaying.go_to(10.0)
        monkeypatch.setattr(Recording, "read_share", property(lambda _recording: share))
        course = Overview(app.replaying).course()
        assert (course.state, course.words) == (state, "")


@pytest.mark.parametrize(
    ("whole", "is_end", "told"),
    [
        (True, True, "only older output is missing from what is shown"),
        (False, True, "what is shown is what its last lines tell"),
        (False, False, "what is shown is what the lines before this time tell"),
    ],
)
async def test_of_a_place_that_is_shown_roughly_it_is_told_what_the_picture_is_made_of(
    path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool, is_end: bool, told: str
) -> None:
    async with replayed(path) as (app, _):
        app.replaying.rough = Rough(0, whole, is_end)
        monkeypatch.setattr(Recording, "read_share", property(lambda _recording: 0.34))
        assert Overview(app.replaying).course().words == f"34% of the run is read: {told}"


async def test_on_the_way_to_a_place_the_one_before_is_shown_with_its_own_time(path: Path) -> None:
    async with replayed(path) as (app, _):
        before, board = app.replaying.t, app.state.board
        app.replaying.go_to(10.0)
        background, times = app.replaying.background, []
        while app.replaying.seeking:
            background.work()
            times.append((app.replaying.t, app.replaying.state.board is board))
        assert times[-1] == (10.0, False)
        assert set(times) <= {(before, True), (10.0, False)}
