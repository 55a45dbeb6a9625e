"""A Kamal log that is still being read: what is shown of it, and what becomes of the operator meanwhile."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedWriter, FileIO
from math import inf
from pathlib import Path

import pytest

from backstaff.console import replaying
from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.console.replaying import Replaying
from backstaff.replay import growth
from backstaff.replay.opened import OpenedRun, opened_at_once
from backstaff.replay.recording import Recording
from tests.console.replaying import a_console, at_rest
from tests.console.replaying_roughly import FEW, until_roughly_there
from tests.console.stand import lines_of

LOG = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"
SOME_BYTES = 8_000


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
