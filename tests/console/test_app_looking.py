"""Looking around in the console by keys and mouse: hosts, tabs, filters."""

import pytest
from textual import events
from textual.widget import Widget

from backstaff.console.line_view import LineView
from backstaff.console.matrix import Matrix
from backstaff.console.matrix_model import Grouping
from backstaff.console.subject import Subject
from backstaff.console.why_panel import WhyPanel
from backstaff.events.facts import PairState
from tests.console.driving import SIZES, press, shown, text
from tests.console.showing import Scripted, show_all
from tests.events.builders import a_good_deploy, a_stuck_barrier, pair


async def test_it_looks_at_the_most_urgent_by_itself_until_the_operator_chooses() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        assert app.state.subject == Subject("h3", "job")
        await press(app, pilot, "up")
        assert app.state.subject == Subject("h1", "web")
        assert not app.state.follows
        assert "why web@h1 waits" in text(app)
        await press(app, pilot, "k")
        assert app.state.subject == Subject("h2", "web")
        await press(app, pilot, "f")
        assert app.state.subject == Subject("h3", "job")
        assert app.state.follows


async def test_the_cursor_goes_to_the_ends_and_stays_on_its_role_when_rows_move() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "g")
        assert app.state.subject == Subject("h2", "web")
        await press(app, pilot, "G")
        assert app.state.subject == Subject("h4", "job")
        assert session.sink is not None
        last = a_stuck_barrier().events[-1]
        moved = last.model_copy(update={"body": pair("h4", "job", PairState.FAILED, "gone")})
        session.sink(moved)
        await show_all(app, pilot)
        assert app.state.subject == Subject("h4", "job")
        assert any(line.startswith(" > h4") for line in text(app).splitlines())


@pytest.mark.parametrize("size", SIZES)
async def test_tabs_show_output_commands_and_events_of_the_selected_cell(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, "g", "2")
        assert "could not connect to database at db:5432" in text(app)
        await press(app, pilot, "3")
        assert "docker start" in text(app)
        await press(app, pilot, "4")
        assert "exited 1 after 0.9 s" in text(app)
        await press(app, pilot, "1")
        assert isinstance(app.focused, WhyPanel)


async def test_cause_and_next_step_can_be_read_on_an_ordinary_terminal_without_scrolling() -> None:
    async with shown(Scripted(a_stuck_barrier().events), (80, 24)) as (app, _):
        assert "waits for the first healthy web container" in text(app)
        assert "next: the barrier fails when h1's time ends in 18 s" in text(app)


async def test_hosts_are_filtered_while_typing_and_all_are_back_after_escape() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "slash", *"job")
        matrix = app.screen.query_one(Matrix)
        assert matrix.pattern == "job"
        assert "enter Keep filter  esc All hosts" in text(app)
        await press(app, pilot, "enter")
        assert isinstance(app.focused, Matrix)
        assert matrix.pattern == "job"
        await press(app, pilot, "escape")
        assert matrix.pattern == ""


async def test_rows_are_hosts_or_the_hosts_of_each_role() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "b")
        assert app.screen.query_one(Matrix).grouping is Grouping.ROLE
        await press(app, pilot, "down")
        assert app.state.subject == Subject("h4", "job")
        await press(app, pilot, "b")
        assert app.screen.query_one(Matrix).grouping is Grouping.HOST


async def test_a_click_selects_a_cell() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await pilot.click(Matrix, offset=(8, 2))
        await pilot.pause()
        assert app.state.subject == Subject("h1", "web")


@pytest.mark.parametrize("key", ["l", "h", "j", "k", "g", "G", "enter", "pagedown"])
async def test_keys_in_an_empty_table_do_no_harm(key: str) -> None:
    async with shown(Scripted()) as (app, pilot):
        await press(app, pilot, key)
        assert app.is_running
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "slash", *"zzz", "enter", key)
        assert app.is_running


async def test_from_the_run_as_a_whole_the_cursor_goes_to_the_first_host() -> None:
    async with shown(Scripted(a_good_deploy().events)) as (app, pilot):
        await press(app, pilot, "l")
        assert app.state.subject == Subject("h1", "web")


async def test_a_key_right_behind_another_is_about_the_cell_that_the_cursor_is_on_then() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "g")
        for key in ("j", "o"):
            app.post_message(events.Key(key, key))
        await pilot.pause()
        await pilot.pause()
    assert session.asked == ["follow web@h1 shop-web-production-v42"]


@pytest.mark.parametrize("size", SIZES)
async def test_the_lines_of_everything_are_one_key_away_at_every_size(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, "2")
        assert "no output yet" in text(app)
        await press(app, pilot, "a")
        assert "could not connect to database" in text(app)
        await press(app, pilot, "a")
        assert "no output yet" in text(app)


async def test_lines_of_output_have_the_focus_for_searching() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "2")
        assert isinstance(app.focused, LineView)
        await press(app, pilot, "slash", *"database", "enter")
        assert app.focused.sheet.search is not None


@pytest.mark.parametrize(("opening", "focused"), [("g", Matrix), ("1", WhyPanel)])
async def test_keys_in_one_burst_behind_that_of_the_filter_are_typed_into_it(
    opening: str, focused: type[Widget]
) -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, opening)
        assert isinstance(app.focused, focused)
        for key in ("slash", "j", "o", "slash", "b"):
            app.post_message(events.Key(key, "/" if key == "slash" else key))
        await pilot.pause()
        await pilot.pause()
        assert app.screen.query_one(Matrix).pattern == "jo/b"


async def test_keys_in_one_burst_behind_that_of_the_search_are_typed_into_it() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "g", "2")
        for key in ("slash", "d", "b", "slash", "enter"):
            app.post_message(events.Key(key, "/" if key == "slash" else None if key == "enter" else key))
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.focused, LineView)
        search = app.focused.sheet.search
        assert search is not None
        assert search.text == "db/"
