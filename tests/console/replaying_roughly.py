"""A replay console on its way to a place that it shows roughly until then."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backstaff.console import replaying
from backstaff.console.replay_app import ReplayConsole
from backstaff.replay.recording import Recording

PATIENCE_S = 30.0
FEW = 20


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
