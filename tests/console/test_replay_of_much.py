"""Runs that are too long to be read at once: shown as far as they are known, and then as they were."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from io import BufferedWriter, FileIO
from math import inf
from pathlib import Path

import pytest

from backstaff.console import replaying
from backstaff.console.line_store import LineStore
from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.console.replaying import Replaying
from backstaff.errors import JournalError
from backstaff.events.types import Output
from backstaff.replay import glimpse, growth
from backstaff.replay.glimpse import NOT_READ, Reach
from backstaff.replay.opened import OpenedRun, opened_at_once
from backstaff.replay.recording import Recording
from tests.console.replaying import a_console, a_file, at_rest
from tests.console.stand import lines_of
from tests.replay.journals import a_talkative_run

LOG = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"
PATIENCE_S = 30.0
FEW = 20
SOME_BYTES = 8_000
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


async def test_a_place_that_can_not_be_read_is_told_and_the_console_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_at_once(path) as run, nothing_indexed(monkeypatch):
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await until_roughly_there(app)

            def broken(_recording: Recording, _t: float) -> int:
                raise JournalError("can not be read: Input/output error")

            monkeypatch.setattr(Recording, "place_at", broken)
            app.replaying.go_to(20.0)
            app.draw()
            async with asyncio.timeout(PATIENCE_S):
                while app.replaying.seeking:  # noqa: ASYNC110 - it ends in the midst of other work
                    await asyncio.sleep(0)
            await pilot.pause()
            assert "Input/output error" in [each.message for each in app._notifications][-1]
            assert app.is_running


async def test_what_breaks_the_background_stays_on_the_screen(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_at_once(path) as run:
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await at_rest(app, pilot)

            def broken() -> None:
                raise ZeroDivisionError("by zero")

            monkeypatch.setattr(app.replaying.background, "work", broken)
            app.action_replay("start")
            await pilot.pause()
            await pilot.pause()
            assert "internal error: ZeroDivisionError" in "\n".join(lines_of(app.screen))


async def test_what_breaks_at_a_key_stays_on_the_screen_and_no_place_is_gone_to_any_more(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_at_once(path) as run:
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await at_rest(app, pilot)
            before = app.replaying.player.t

            def broken(_recording: Recording, _t: float, _hold: int) -> Iterator[int]:
                raise ZeroDivisionError("by zero")

            with monkeypatch.context() as patch:
                patch.setattr(Recording, "going_to", broken)
                app.action_replay("start")
            app.action_replay("start")
            await pilot.pause()
            await pilot.pause()
            assert "internal error: ZeroDivisionError" in "\n".join(lines_of(app.screen))
            assert app.replaying.player.t == before


async def test_what_breaks_once_a_place_is_there_is_told_with_that_place(path: Path) -> None:
    with opened_at_once(path) as run:
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await at_rest(app, pilot)

            def broken() -> None:
                raise ZeroDivisionError("by zero")

            app.replaying.go_to(5.0, broken)
            app.draw()
            await pilot.pause()
            await pilot.pause()
            app.draw()
            assert app.state is app.replaying.state
            assert "ZeroDivisionError" in app.state.trouble


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


@contextmanager
def a_growing_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenedRun]:
    """A log of which no more is read than its beginning, and that is ever to be continued."""
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    with opened_at_once(LOG) as run, monkeypatch.context() as patch:
        patch.setattr(growth.Growth, "further", lambda reading: not reading.done)
        yield run


async def test_a_log_for_which_there_is_no_room_is_shown_as_far_as_it_goes_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        run.growth._file.close()
        run.growth._file = BufferedWriter(FileIO("/dev/full", "wb"))
        app = a_console(run)
        async with app.run_test(size=(120, 40)) as pilot:
            await at_rest(app, pilot)
            screen = "\n".join(lines_of(app.screen))
            assert "not read to its end" in screen
            assert "No space left" in screen
            assert "paused" in screen
            assert not app.replaying.player.knows_all
            app.action_replay("start")
            await at_rest(app, pilot)
            assert "not read to its end" in "\n".join(lines_of(app.screen))


async def test_a_share_of_a_log_that_is_not_all_read_is_refused_and_its_end_is_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with a_growing_log(monkeypatch) as run:
        app = a_console(run)
        async with app.run_test(size=(120, 40)):
            await until_roughly_there(app)
            with pytest.raises(ValueError, match="before all of the run is read"):
                app._time("50%")
            assert app._time("end") == inf
            assert app._time("2:00:00") == 7200


async def test_on_the_way_to_a_time_the_end_of_a_growing_log_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    monkeypatch.setattr(replaying, "GROWN", 1.0)
    shown: list[int] = []

    def noted(_replaying: Replaying, place: int) -> Iterator[int]:
        shown.append(place)
        return iter(())

    monkeypatch.setattr(Replaying, "_arrive_roughly", noted)
    with opened_at_once(LOG) as run:
        app = a_console(run, Begin(1e6))
        async with app.run_test(size=(120, 40)) as pilot:
            await at_rest(app, pilot)
            assert not run.goes_on()
            assert shown == []


async def test_a_growing_log_leaves_alone_what_the_operator_looks_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    monkeypatch.setattr(replaying, "GROWN", 1.0)
    with ExitStack() as until_read:
        run = until_read.enter_context(opened_at_once(LOG))
        app = a_console(run)
        monkeypatch.setattr(type(app._main), "at_tail", property(lambda _main: False))
        first: list[int] = []
        arrive = Replaying._arrive_roughly

        def noted(shown: Replaying, place: int) -> Iterator[int]:
            first.append(place)
            return arrive(shown, place)

        monkeypatch.setattr(Replaying, "_arrive_roughly", noted)
        async with app.run_test(size=(120, 40)) as pilot:
            await at_rest(app, pilot)
            assert len(first) == 1


async def test_a_growing_log_is_not_shown_anew_while_the_operator_has_scrolled_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replaying, "GROWN", 1.0)
    monkeypatch.setattr(growth, "STEP_S", -1.0)
    with opened_at_once(LOG) as run, monkeypatch.context() as grown:
        while run.recording.size() < SOME_BYTES:
            assert run.recording.grow()
        grown.setattr(growth.Growth, "further", lambda reading: not reading.done)
        app = a_console(run)
        async with app.run_test(size=(80, 15)) as pilot:
            await until_roughly_there(app)
            await pilot.press("4")
            await pilot.pause()
            lines, size, anew = app._main._events.lines, run.recording.size(), list[int]()
            assert lines.max_scroll_y > 0

            def noted(_replaying: Replaying, place: int) -> Iterator[int]:
                anew.append(place)
                yield place

            grown.setattr(Replaying, "_arrive_roughly", noted)
            grown.setattr(Recording, "size", lambda _recording: 2 * size)
            lines.scroll_to(y=0, animate=False, force=True)
            work_on(app)
            assert anew == []
            lines.scroll_to(y=lines.max_scroll_y, animate=False, force=True)
            work_on(app)
            assert set(anew) == {2 * size}


def work_on(app: ReplayConsole) -> None:
    for _ in range(FEW):
        app.replaying.background.work()


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
