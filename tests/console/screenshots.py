"""The pictures that the README shows, drawn by the console itself from recorded runs.

`python -m tests.console.screenshots` draws them anew; look at each one before keeping it.
"""

import asyncio
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from backstaff.console import run_state
from backstaff.console.app import Console
from backstaff.console.replay_app import Begin
from tests.console.replaying import a_file, press, replayed
from tests.console.showing import Scripted, show_all
from tests.recordings import recorded

DIRECTORY = Path(__file__).parents[2] / "screenshots"
_UNWANTED = ("NO_COLOR", "BACKSTAFF_THEME", "BACKSTAFF_ASCII", "LC_ALL", "LC_CTYPE")


@dataclass(frozen=True)
class Picture:
    """A scenario at `t` seconds (None: its end), after some keys."""

    name: str
    scenario: str
    t: float | None = None
    size: tuple[int, int] = (120, 40)
    keys: tuple[str, ...] = ()
    replays: bool = False
    """Whether the whole run is replayed, at that time."""


PICTURES = (
    Picture("barrier", "unhealthy", 10.0),
    Picture("stuck-filter", "stuck-filter"),
    Picture("failure", "crash-loop"),
    Picture("summary", "healthy"),
    Picture("sixty-hosts", "big", 6.0),
    Picture("cancel", "slow-boot", 8.0, (80, 24), ("c",)),
    Picture("small", "unhealthy", 10.0, (60, 15)),
    Picture("replay", "unhealthy", 12.0, replays=True),
)


async def draw(picture: Picture) -> str:
    """The picture as SVG."""
    if picture.replays:
        return await _draw_replay(picture)
    app = Console(Scripted(recorded(picture.scenario, picture.t)))
    async with app.run_test(size=picture.size) as pilot:
        await show_all(app, pilot)
        for key in picture.keys:
            await pilot.press(key)
            await show_all(app, pilot)
        return app.export_screenshot(title=f"backstaff demo --scenario {picture.scenario}")


async def _draw_replay(picture: Picture) -> str:
    with TemporaryDirectory() as directory:
        file = a_file(Path(directory), recorded(picture.scenario))
        async with replayed(file, Begin(picture.t), picture.size) as (app, pilot):
            await press(app, pilot, *picture.keys)
            return app.export_screenshot(title=f"backstaff replay --at {picture.t:g}s")


def main() -> None:
    """Draw all pictures, each from all events in one go, as the tests that compare them do."""
    run_state.FOLD_WITHIN_S = math.inf
    with TemporaryDirectory() as home:
        for name in _UNWANTED:
            os.environ.pop(name, None)
        os.environ.update(HOME=home, XDG_CONFIG_HOME=home, XDG_STATE_HOME=home, LANG="C.UTF-8", TZ="UTC")
        time.tzset()
        for picture in PICTURES:
            (DIRECTORY / f"{picture.name}.svg").write_text(asyncio.run(draw(picture)))


if __name__ == "__main__":
    main()
