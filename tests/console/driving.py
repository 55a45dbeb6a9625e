"""The console driven by keys, over scripted runs, and what can then be read on its screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from backstaff.console.app import Console
from backstaff.console.shown import Shown
from backstaff.errors import ExitCode
from tests.console.showing import Scripted, show_all

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
