"""What an operator can do from the console, and where its keys are told."""

from pathlib import Path

import pytest
from textual.binding import Binding

from backstaff.console.app import Console
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.follow_screen import FollowScreen
from backstaff.console.help_screen import HelpScreen
from backstaff.console.keymap import keymap_file
from backstaff.console.main_screen import MainScreen
from backstaff.console.session import FollowedLine, RunInfo
from tests.console.driving import SIZES, press, said, shown, text
from tests.console.showing import Scripted, show_all
from tests.events.builders import a_good_deploy, a_stuck_barrier
from tests.headless.pictures import failed
from tests.recordings import recorded


async def test_a_retry_is_confirmed_and_begins_a_run_of_its_own() -> None:
    session = Scripted(failed())
    async with shown(session) as (app, pilot):
        session.ended.set()
        await show_all(app, pilot)
        before = app.state
        await press(app, pilot, "r")
        asked = [" ".join(line.split()) for line in text(app).splitlines()]
        assert any("web@h2 failed; is booted again" in line for line in asked)
        assert any("job@h3 not booted; is booted │" in line for line in asked)
        await press(app, pilot, "y")
        await show_all(app, pilot)
        assert session.asked[0].startswith("retry ")
        assert app.state is not before


async def test_a_retry_after_going_back_is_about_every_role_that_does_not_run_the_new_version() -> None:
    async with shown(Scripted(recorded("on-failure"))) as (app, pilot):
        await press(app, pilot, "r")
        asked = " ".join(text(app).split())
    for again in ("web@h1 rolled back", "web@h2 rolled back", "web@h3 failed", "job@h4 rolled back"):
        assert f"{again}; is booted again" in asked


async def test_there_is_nothing_to_retry_while_the_run_goes_on() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "r")
        assert not isinstance(app.screen, Dialog)
        assert session.asked == []


async def test_the_output_of_the_selected_container_is_followed_on_a_screen_of_its_own() -> None:
    lines = [FollowedLine("h1", "web", "", f"GET /up {n} \x1b[31mred[/b]") for n in range(3)]
    session = Scripted(a_stuck_barrier().events, lines=lines)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "up", "o")
        assert isinstance(app.screen, FollowScreen)
        app.screen.draw()
        await pilot.pause()
        screen = text(app)
        assert "shop-web-production-v42 on h1" in screen
        assert "GET /up 2 red[/b]" in screen
        await press(app, pilot, "q")
        assert isinstance(app.screen, MainScreen)
    assert session.asked == ["follow web@h1 shop-web-production-v42"]


async def test_what_the_session_does_not_offer_has_no_key() -> None:
    session = Scripted(failed(), scope=frozenset())
    async with shown(session) as (app, pilot):
        for key in ("r", "o", "s", "e"):
            await press(app, pilot, key)
            assert isinstance(app.screen, MainScreen)
        footer = text(app).splitlines()[-1]
        assert "Retry" not in footer
        assert "Shell" not in footer
    assert session.asked == []


async def test_the_footer_offers_what_makes_sense_now() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session, (200, 40)) as (app, pilot):
        assert "c Cancel" in text(app).splitlines()[-1]
        assert "r Retry" not in text(app).splitlines()[-1]
        assert session.sink is not None
        for event in failed()[len(a_stuck_barrier().events) :]:
            session.sink(event)
        await show_all(app, pilot)
        assert "c Cancel" not in text(app).splitlines()[-1]
        assert "r Retry" in text(app).splitlines()[-1]


async def test_the_journal_is_exported() -> None:
    info = RunInfo(speed=0.0, journal=Path("/somewhere/run.jsonl"))
    session = Scripted(a_good_deploy().events, info=info)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "e")
        assert session.asked == ["export /somewhere/run.jsonl"]
        assert "the journal is in backstaff-run.jsonl" in said(app)


async def test_copying_takes_the_container_the_page_or_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(Console, "copy_to_clipboard", lambda _, text: copied.append(text))
    async with shown(Scripted(failed())) as (app, pilot):
        await press(app, pilot, "y")
        await press(app, pilot, "Y")
        await press(app, pilot, "1", "y")
        await press(app, pilot, "2", "y")
    assert copied[0] == "shop-web-production-v42"
    assert copied[1].startswith("FAILED  boot of web on h2")
    assert "cause" in copied[2]
    assert copied[3] == "could not connect to database at db:5432"


@pytest.mark.parametrize("size", SIZES)
async def test_help_lists_the_keys_of_every_place(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        await press(app, pilot, "escape")
        assert isinstance(app.screen, MainScreen)


async def test_every_action_has_a_key_with_an_id_and_is_in_the_palette() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, _):
        actions = {key.id for key in Console.BINDINGS if isinstance(key, Binding)}
        assert {
            "run.cancel",
            "run.retry",
            "container.follow",
            "host.shell",
            "card.copy",
            "app.quit",
        } <= actions
        offered = [offer.title for offer in app.offers()]
        assert "go to h1" in offered


async def test_keys_are_rebound_in_the_operators_own_file() -> None:
    file = keymap_file()
    file.parent.mkdir(parents=True)
    file.write_text("view.zoom: f5\n")
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "z")
        assert not app.screen.has_class("-zoomed")
        await press(app, pilot, "f5")
        assert app.screen.has_class("-zoomed")
