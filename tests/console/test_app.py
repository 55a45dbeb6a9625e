"""The console driven by keys, over scripted runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widget import Widget

from backstaff.console.app import Console
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.follow_screen import FollowScreen
from backstaff.console.help_screen import HelpScreen
from backstaff.console.keymap import keymap_file
from backstaff.console.line_view import LineView
from backstaff.console.log_view import LogView
from backstaff.console.main_screen import MainScreen
from backstaff.console.matrix import Matrix
from backstaff.console.matrix_model import Grouping
from backstaff.console.session import FollowedLine, RunInfo
from backstaff.console.shown import Shown
from backstaff.console.subject import Subject
from backstaff.console.why_panel import WhyPanel
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from backstaff.errors import ExitCode
from backstaff.events.facts import PairState
from backstaff.events.types import RunEnded
from tests.console.showing import Scripted, show_all
from tests.events.builders import Script, a_good_deploy, a_stuck_barrier, pair, until_boot
from tests.headless.pictures import failed

SIZES = [(120, 40), (80, 24), (60, 15)]
Shown_ = tuple[Console, "Pilot[ExitCode]"]


@asynccontextmanager
async def shown(session: Scripted, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Shown_]:
    """A console that has drawn all events of the session."""
    app = Console(session)
    async with app.run_test(size=size) as pilot:
        await show_all(app, pilot)
        yield app, pilot


async def press(app: Console, pilot: "Pilot[ExitCode]", *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


def text(app: Console) -> str:
    """All text on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def said(app: Console) -> list[str]:
    """What was said in passing."""
    return [notification.message for notification in app._notifications]


def strip(app: Console, name: str) -> str:
    return app.screen.query_one(f"#{name}", Shown).plain


@pytest.mark.parametrize("size", SIZES)
async def test_the_cause_is_on_the_screen_at_every_size(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, _):
        screen = text(app)
    assert "waits for the first healthy web container" in screen
    assert "12 s of 30 s" in screen
    for name in ("h1", "h2", "h3", "h4"):
        assert name in screen
    assert "keys" in screen.splitlines()[-1]


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


async def test_hosts_are_filtered_while_typing_and_all_are_back_after_escape() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "slash", *"job")
        matrix = app.screen.query_one(Matrix)
        assert matrix.pattern == "job"
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


@pytest.mark.parametrize("size", SIZES)
async def test_the_panel_with_the_focus_is_zoomed_and_taken_back(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, "z")
        assert app.screen.query_one("#hosts").display
        assert not app.screen.query_one("#detail").display
        height = app.screen.query_one("#hosts").size.height
        await press(app, pilot, "z")
        assert app.screen.query_one("#hosts").size.height <= height


async def test_a_click_selects_a_cell() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await pilot.click(Matrix, offset=(8, 2))
        await pilot.pause()
        assert app.state.subject == Subject("h1", "web")


async def test_a_failure_keeps_the_console_open_on_the_failed_cell_with_its_card() -> None:
    session = Scripted(failed())
    async with shown(session) as (app, pilot):
        session.ended.set()
        await show_all(app, pilot)
        assert app.is_running
        screen = text(app)
    assert "FAILED  boot of web on h2" in screen
    assert "could not connect to database at db:5432" in screen
    assert "retry" in screen


async def test_success_shows_the_summary_with_the_time_of_each_phase() -> None:
    async with shown(Scripted(a_good_deploy().events)) as (app, _):
        screen = text(app)
    assert "DONE  shop v42 in 18 s" in screen
    assert "✓ pull" in screen
    assert "4.1 s" in screen


@pytest.mark.parametrize("keys", [("c",), ("ctrl+c",)])
async def test_cancelling_asks_first_and_says_what_will_happen(keys: tuple[str, ...]) -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, *keys)
        assert isinstance(app.screen, Dialog)
        asked = text(app)
        assert "the lock" in asked
        assert "released" in asked
        await press(app, pilot, "escape")
        assert session.asked == []
        await press(app, pilot, *keys)
        await press(app, pilot, "y")
        assert session.asked == ["cancel"]


async def test_ctrl_c_twice_cancels_and_twice_again_ends_at_once() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "ctrl+c")
        await press(app, pilot, "ctrl+c")
        assert session.asked == ["cancel"]
        await press(app, pilot, "ctrl+c")
        assert "at once" in text(app)
        await press(app, pilot, "ctrl+c")
        assert session.asked == ["cancel", "cancel"]


async def test_a_run_that_has_ended_is_not_cancelled() -> None:
    session = Scripted(a_good_deploy().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "c")
        assert not isinstance(app.screen, Dialog)
        assert session.asked == []


async def test_quitting_at_the_end_returns_the_exit_code() -> None:
    session = Scripted(a_good_deploy().events)
    async with shown(session) as (app, pilot):
        session.ended.set()
        await show_all(app, pilot)
        await press(app, pilot, "q")
    assert app.return_value is ExitCode.DONE


async def test_quitting_while_the_run_goes_on_asks_and_can_leave_it_alone() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "q")
        assert "The run goes on" in text(app)
        await press(app, pilot, "s")
        assert app.is_running
        await press(app, pilot, "q")
        await press(app, pilot, "p")
    assert app.return_value is None
    assert session.asked == []


async def test_quitting_can_cancel_and_closes_when_the_run_has_ended() -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "q")
        await press(app, pilot, "c")
        assert session.asked == ["cancel"]
        session.ended.set()
        await pilot.pause()
    assert app.return_value is ExitCode.DONE


async def test_a_retry_is_confirmed_and_begins_a_run_of_its_own() -> None:
    session = Scripted(failed())
    async with shown(session) as (app, pilot):
        session.ended.set()
        await show_all(app, pilot)
        before = app.state
        await press(app, pilot, "r")
        assert "web@h2" in text(app)
        await press(app, pilot, "y")
        await show_all(app, pilot)
        assert session.asked[0].startswith("retry ")
        assert app.state is not before


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


@pytest.mark.parametrize("above", ["question_mark", "ctrl+p", "q", "s"])
async def test_ctrl_c_cancels_from_anywhere(above: str) -> None:
    session = Scripted(a_stuck_barrier().events)
    async with shown(session) as (app, pilot):
        await press(app, pilot, "g", "down", above)
        assert not isinstance(app.screen, MainScreen)
        await press(app, pilot, "ctrl+c")
        await pilot.pause()
        assert "Cancel this run?" in text(app)
        await press(app, pilot, "ctrl+c")
        assert session.asked[-1] == "cancel"


async def test_ctrl_q_asks_like_q() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "ctrl+q")
        assert "The run goes on" in text(app)


@pytest.mark.parametrize("size", SIZES)
async def test_the_lines_of_everything_are_one_key_away_at_every_size(size: tuple[int, int]) -> None:
    async with shown(Scripted(a_stuck_barrier().events), size) as (app, pilot):
        await press(app, pilot, "2")
        assert "no output yet" in text(app)
        await press(app, pilot, "a")
        assert "could not connect to database" in text(app)
        await press(app, pilot, "a")
        assert "no output yet" in text(app)


async def test_the_end_of_a_run_is_shown_wherever_the_operator_looked() -> None:
    session = Scripted(a_good_deploy().events[:-1])
    async with shown(session) as (app, pilot):
        await press(app, pilot, "g")
        assert session.sink is not None
        session.sink(a_good_deploy().events[-1])
        await show_all(app, pilot)
        assert "DONE  shop v42 in 18 s" in text(app)
        await press(app, pilot, "G")
        assert app.state.subject == Subject("h4", "job")


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


@pytest.mark.usefixtures("heard_at_once")
@pytest.mark.parametrize("answer", [True, False])
async def test_an_unknown_host_key_is_asked_about(answer: bool) -> None:
    async with shown(Scripted(until_boot(Script()).events)) as (app, pilot):
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await app.trusts(HostKeyQuestion("h9", "SHA256:abc")))

        app.run_worker(ask())
        await pilot.pause()
        assert "SHA256:abc" in text(app)
        await press(app, pilot, "a" if answer else "r")
        assert answers == [answer]


@pytest.mark.usefixtures("heard_at_once")
async def test_a_held_lock_is_asked_about_and_taking_over_is_offered_only_for_a_dead_holder() -> None:
    async with shown(Scripted(until_boot(Script()).events)) as (app, pilot):
        choices: list[LockChoice] = []

        async def ask(dead: str) -> None:
            choices.append(await app.decide(LockQuestion("h1", "Bob", version="v9", dead=dead)))

        app.run_worker(ask(""))
        await pilot.pause()
        assert "Bob" in text(app)
        assert "Take over" not in text(app)
        await press(app, pilot, "w")
        app.run_worker(ask("its process 7 on this machine is dead"))
        await pilot.pause()
        await press(app, pilot, "t")
        assert choices == [LockChoice.WAIT, LockChoice.TAKE_OVER]


async def test_the_operator_can_cancel_while_a_question_is_open() -> None:
    session = Scripted(until_boot(Script()).events)
    async with shown(session) as (app, pilot):
        app.run_worker(app.trusts(HostKeyQuestion("h9", "SHA256:abc")))
        await pilot.pause()
        await press(app, pilot, "ctrl+c")
        await press(app, pilot, "y")
        assert session.asked == ["cancel"]
        assert "SHA256:abc" in text(app)


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


async def test_a_new_run_clears_the_stage() -> None:
    session = Scripted(failed())
    async with shown(session) as (app, pilot):
        assert session.stage is not None
        sink = session.stage.new_run(RunInfo(title="and back", speed=0.0))
        for event in until_boot(Script()).events:
            sink(event)
        await show_all(app, pilot)
        assert "FAILED" not in text(app)
        assert "and back" in strip(app, "header")
        view = app.screen.query_one("#output-view", LogView)
        assert view.lines.sheet.store is app.state.logs


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


async def test_lines_of_output_have_the_focus_for_searching() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "2")
        assert isinstance(app.focused, LineView)
        await press(app, pilot, "slash", *"database", "enter")
        assert app.focused.sheet.search is not None


async def test_a_session_that_breaks_is_told_and_can_be_left() -> None:
    class Broken(Scripted):
        async def play(self, stage: object) -> ExitCode:
            raise RuntimeError("no way")

    async with shown(Broken()) as (app, pilot):
        await pilot.pause()
        assert "RuntimeError: no way" in strip(app, "trouble")
        await press(app, pilot, "c")
        assert isinstance(app.screen, MainScreen)
        await press(app, pilot, "q")
    assert app.return_value is ExitCode.FAILED


async def test_the_clock_stops_with_the_run() -> None:
    session = Scripted(a_stuck_barrier().events, info=RunInfo())
    async with shown(session) as (app, pilot):
        assert session.sink is not None
        last = a_stuck_barrier().events[-1]
        body = RunEnded(exit_code=1, verdict="failed", took_s=40.0)
        session.sink(last.model_copy(update={"seq": last.seq + 1, "t": 40.0, "body": body}))
        await show_all(app, pilot)
        assert app.state.now_t() == 40.0


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
