"""What is in sight at every size, and what is drawn."""

import pytest

from backstaff.console.app import Console
from backstaff.console.matrix import Matrix
from tests.console.driving import SIZES, press, shown, strip, text
from tests.console.showing import Scripted, show_all
from tests.events.builders import a_good_deploy, a_stuck_barrier


@pytest.mark.parametrize("size", SIZES)
async def test_the_cause_is_on_the_screen_at_every_size(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, _):
        screen = text(app)
    assert "waits for the first healthy web container" in screen
    assert "12 s of 30 s" in screen
    for name in ("h1", "h2", "h3", "h4"):
        assert name in screen
    assert "keys" in screen.splitlines()[-1]


async def test_enter_opens_the_cell_in_full_on_a_small_screen_and_escape_goes_back() -> None:
    async with shown(Scripted(a_stuck_barrier().events), (60, 15)) as (app, pilot):
        assert not app.screen.query_one("#detail").display
        await press(app, pilot, "enter")
        assert app.screen.query_one("#detail").display
        assert not app.screen.query_one("#hosts").display
        assert "no container passes the filters" in text(app)
        await press(app, pilot, "escape")
        assert app.screen.query_one("#hosts").display
        assert isinstance(app.focused, Matrix)


@pytest.mark.parametrize("size", SIZES)
async def test_the_panel_with_the_focus_is_zoomed_and_taken_back(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, "z")
        assert app.screen.query_one("#hosts").display
        assert not app.screen.query_one("#detail").display
        height = app.screen.query_one("#hosts").size.height
        await press(app, pilot, "z")
        assert app.screen.query_one("#hosts").size.height <= height


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", [("enter", "slash"), ("z", "2"), ("1", "z", "slash"), ("z", "enter")])
async def test_what_has_the_keys_is_in_sight(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, *keys)
        assert app.focused is not None
        assert app.focused.region


async def test_after_a_resize_something_in_sight_has_the_keys_and_the_header_has_the_new_width() -> None:
    session = Scripted(a_good_deploy().events)
    async with shown(session, (60, 15)) as (app, pilot):
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert len(strip(app, "header")) == 118
        assert "✓ verify" in strip(app, "phases")
        await press(app, pilot, "tab", "tab", "tab", "tab")
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        await pilot.pause()
        assert app.focused is not None
        assert app.focused.region


async def test_a_storm_of_sizes_does_no_harm() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        for number in range(60):
            await pilot.resize_terminal(20 + (number * 37) % 160, 5 + (number * 13) % 50)
        await pilot.resize_terminal(120, 40)
        await show_all(app, pilot)
        assert "waits for the first healthy web container" in text(app)


async def test_a_screen_on_which_nothing_happens_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        app.draw()
        await pilot.pause()
        drawings: list[object] = []
        monkeypatch.setattr(Console, "_display", lambda *args: drawings.append(args))
        for _ in range(5):
            app.draw()
            await pilot.pause()
        assert drawings == []
