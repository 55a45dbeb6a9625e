"""What goes wrong in the background of a replay is told, and stays told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstaff.errors import JournalError
from backstaff.replay.opened import opened_at_once
from backstaff.replay.recording import Recording
from tests.console.replaying import a_console, a_file, at_rest
from tests.console.replaying_roughly import PATIENCE_S, nothing_indexed, until_roughly_there
from tests.console.stand import lines_of
from tests.replay.journals import a_talkative_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return a_file(tmp_path, a_talkative_run(lines=200))


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
