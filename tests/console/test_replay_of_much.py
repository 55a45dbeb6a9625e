"""Runs that are too long to be read at once: shown as far as they are known, and then as they were."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backstaff.console import replaying
from backstaff.console.line_store import LineStore
from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.events.types import Output
from backstaff.replay import glimpse
from backstaff.replay.glimpse import NOT_READ, Reach
from backstaff.replay.opened import opened_at_once
from backstaff.replay.recording import Recording
from tests.console.replaying import a_console, a_file, at_rest
from tests.console.replaying_roughly import FEW, PATIENCE_S, nothing_indexed, until_roughly_there
from tests.console.stand import lines_of
from tests.replay.journals import a_talkative_run

RUN = a_talkative_run(lines=2_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_file(tmp_path, RUN)


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


async def test_what_follows_from_all_events_is_not_told_of_some_of_them(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with only_the_last_events_read(path, monkeypatch) as app:
        screen = "\n".join(lines_of(app.screen))
        assert app.state.info.unread
        assert "group " not in screen
        assert "can open" not in screen
        assert "advice" not in screen
        assert "not all of the run is read yet" in screen
        assert NOT_READ in screen


@contextmanager
def only_the_last_events(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is quickly found of a run is not all that happened in it."""
    with monkeypatch.context() as patch:
        patch.setattr(replaying, "NEAR", Reach(1, 1))
        patch.setattr(replaying, "FAR", Reach(1, 1))
        patch.setattr(glimpse, "BLOCK", 500)
        patch.setattr(Recording, "place_at", lambda recording, _t: recording.size())
        yield


@asynccontextmanager
async def only_the_last_events_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ReplayConsole]:
    """A console that shows nothing else."""
    with only_the_last_events(monkeypatch), opened_at_once(path) as run, nothing_indexed(monkeypatch):
        app = a_console(run)
        async with app.run_test(size=(120, 40)):
            await until_roughly_there(app)
            yield app


async def test_a_run_that_failed_is_no_summary_while_why_it_failed_is_not_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with only_the_last_events_read(path, monkeypatch) as app:
        app.state.board.failure = None
        app.show_now()
        screen = "\n".join(lines_of(app.screen))
        assert "FAILED" in screen
        assert "summary" not in screen


async def test_keys_start_from_the_place_that_is_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_at_once(path) as run, nothing_indexed(monkeypatch):
        app = a_console(run)
        async with app.run_test(size=(120, 40)):
            await until_roughly_there(app)
            assert app.replaying.player.t == 0
            assert app.state.now_t() == app.replaying.t == RUN[-1].t
            assert app._time("-10") == RUN[-1].t - 10
            app.action_replay("backward")
            await until_shown(app, RUN[-1].t - 10)


async def until_shown(app: ReplayConsole, t: float) -> None:
    """Until a place at or before a time is shown, and not the one that was before."""
    async with asyncio.timeout(PATIENCE_S):
        while app.replaying.t > t:
            await asyncio.sleep(0)
            app.draw()


async def test_lines_are_not_doubled_where_a_rough_place_is_completed_among_empty_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_file(tmp_path, RUN)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n"))
    with opened_at_once(path) as run, ExitStack() as until_indexed:
        until_indexed.enter_context(nothing_indexed(monkeypatch))
        app = a_console(run, Begin(21.1))
        async with app.run_test(size=(120, 40)) as pilot:
            await until_roughly_there(app)
            until_indexed.close()
            index_again(app)
            await at_rest(app, pilot)
            shown = [entry.text for entry in app.state.logs.since(app.state.logs.first)]
            written = [each.body.text for each in RUN if each.t <= 21.1 and isinstance(each.body, Output)]
            assert len(shown) == len(written)
            assert shown[-FEW:] == written[-FEW:]


async def test_lines_that_were_told_of_some_events_are_told_anew_of_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_at_once(path) as run, ExitStack() as until_indexed:
        until_indexed.enter_context(only_the_last_events(monkeypatch))
        until_indexed.enter_context(nothing_indexed(monkeypatch))
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_roughly_there(app)
            state = app.state
            roughly = list(state.events.since(0))
            wrong = replace(roughly[0], text="as it was told of little")
            state.events = LineStore()
            state.events.extend([wrong, *roughly[1:]])
            until_indexed.close()
            index_again(app)
            await at_rest(app, pilot)
            assert app.state is state
            assert wrong not in list(state.events.since(state.events.first))
            assert app._main._events.lines.sheet.store is state.events
