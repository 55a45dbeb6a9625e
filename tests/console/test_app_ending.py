"""The end of a run: by itself, cancelled, left, broken; and the next one."""

import pytest

from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.log_view import LogView
from backstaff.console.main_screen import MainScreen
from backstaff.console.session import RunInfo
from backstaff.console.subject import Subject
from backstaff.errors import ExitCode
from backstaff.events.types import RunEnded
from tests.console.driving import press, shown, strip, text
from tests.console.showing import Scripted, show_all
from tests.events.builders import Script, a_good_deploy, a_stuck_barrier, until_boot
from tests.headless.pictures import failed


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


async def test_the_clock_stops_with_the_run() -> None:
    session = Scripted(a_stuck_barrier().events, info=RunInfo())
    async with shown(session) as (app, pilot):
        assert session.sink is not None
        last = a_stuck_barrier().events[-1]
        body = RunEnded(exit_code=1, verdict="failed", took_s=40.0)
        session.sink(last.model_copy(update={"seq": last.seq + 1, "t": 40.0, "body": body}))
        await show_all(app, pilot)
        assert app.state.now_t() == 40.0


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


async def test_ctrl_q_asks_like_q() -> None:
    async with shown(Scripted(a_stuck_barrier().events)) as (app, pilot):
        await press(app, pilot, "ctrl+q")
        assert "The run goes on" in text(app)


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
