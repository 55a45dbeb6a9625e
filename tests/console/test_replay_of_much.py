"""Runs that are too long to be read at once: shown as far as they are known, and then as they were."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from backstaff.console import replaying
from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.events.types import Output
from backstaff.replay import growth
from backstaff.replay.opened import opened_at_once
from backstaff.replay.recording import Recording
from tests.console.replaying import a_console, a_file, at_rest
from tests.console.stand import lines_of
from tests.replay.journals import a_talkative_run

LOG = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"
PATIENCE_S = 30.0
FEW = 20
RUN = a_talkative_run(lines=2_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_file(tmp_path, RUN)


@contextmanager
def nothing_indexed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any way is a long one, and no byte is indexed for as long as this lasts."""
    monkeypatch.setattr(replaying, "LONG_WAY", 0)
    monkeypatch.setattr(replaying, "FIRST_ENTRIES", FEW)
    with monkeypatch.context() as patch:
        patch.setattr(Recording, "make_index", lambda recording: iter(lambda: recording.index.covered, None))
        yield


async def until_roughly_there(app: ReplayConsole) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not app.replaying.roughly:
            await asyncio.sleep(0)
            app.draw()
    app.draw()


async def test_the_end_is_shown_before_the_run_is_read_and_completed_after(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_at_once(path) as run, ExitStack() as until_indexed:
        until_indexed.enter_context(nothing_indexed(monkeypatch))
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_roughly_there(app)
            state = app.state
            assert state.board.failure is not None
            assert state.info.title == replaying.ROUGH
            assert len(state.logs) <= FEW
            assert "read 0%" in "\n".join(lines_of(app.screen))
            until_indexed.close()
            index_again(app)
            await at_rest(app, pilot)
            assert app.state is state
            assert state.info.title == "replay"
            assert state.board.output
            assert "paused" in "\n".join(lines_of(app.screen))


def index_again(app: ReplayConsole) -> None:
    app.replaying.player._index_steps, app.replaying.player._indexed_to = iter(()), -1


async def test_a_time_that_is_not_indexed_yet_is_shown_with_the_lines_before_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [event.body.text for event in RUN if event.t <= 21.1 and isinstance(event.body, Output)]
    with opened_at_once(path) as run, nothing_indexed(monkeypatch):
        app = a_console(run, Begin(21.1))
        async with app.run_test(size=(120, 40)):
            await until_roughly_there(app)
            assert app.state.logs[app.state.logs.end - 1].text == before[-1]


async def test_a_log_is_shown_as_far_as_it_is_read_and_its_end_once_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    with opened_at_once(LOG) as run, ExitStack() as until_read:
        patch = until_read.enter_context(monkeypatch.context())
        patch.setattr(growth.Growth, "further", lambda reading: not reading.done)
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_roughly_there(app)
            assert run.goes_on()
            assert app.state.info.title == replaying.ROUGH
            until_read.close()
            await at_rest(app, pilot)
            assert not run.goes_on()
            assert app.state.info.title == "replay"
            assert "job waits for web" in "\n".join(lines_of(app.screen))


async def test_reading_a_log_ends_when_the_console_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    with opened_at_once(LOG) as run:
        # It goes on, and never comes to an end.
        monkeypatch.setattr(growth.Growth, "further", lambda reading: not reading.done)
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_roughly_there(app)
            await pilot.press("q")
        assert app.return_code == 0
        assert run.goes_on()
    assert not run.goes_on()
