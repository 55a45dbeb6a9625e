"""Recorded runs as pictures, at the sizes at which people work."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from backstaff.console.replay_app import Begin, ReplayConsole
from backstaff.errors import ExitCode
from backstaff.replay.opened import opened
from tests.console.replaying import a_console, a_file, at_rest, press
from tests.recordings import recorded

pytestmark = pytest.mark.usefixtures("the_same_everywhere")

SIZES = [(120, 40), (80, 24), (60, 15)]
REPORT = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"
SCREENS: dict[str, tuple[str, Begin, tuple[str, ...]]] = {
    "end-of-a-failure": ("unhealthy", Begin(), ()),
    "in-a-wait": ("unhealthy", Begin(10.0), ()),
    "a-host-that-is-lost": ("host-lost", Begin(0.0), ("m",)),
    "a-result": ("crash-loop", Begin(), ("s", *"could not", "enter")),
    "a-time": ("unhealthy", Begin(10.0), ("colon", *"0:5x")),
    "sixty-hosts": ("big", Begin(6.0), ()),
}


def drawn(*keys: str) -> "Callable[[Pilot[ExitCode]], object]":
    """What to do before the picture is taken."""

    async def draw(pilot: "Pilot[ExitCode]") -> None:
        app = pilot.app
        assert isinstance(app, ReplayConsole)
        await at_rest(app, pilot)
        await press(app, pilot, *keys)
        app.clear_notifications()
        await pilot.pause()

    return draw


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_replay(name: str, size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    scenario, begin, keys = SCREENS[name]
    with opened(a_file(tmp_path, recorded(scenario))) as run:
        assert snap_compare(a_console(run, begin), terminal_size=size, run_before=drawn(*keys))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_kamal_printed(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    with opened(REPORT) as run:
        assert snap_compare(a_console(run), terminal_size=size, run_before=drawn())


def test_replay_in_ascii(
    snap_compare: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKSTAFF_ASCII", "1")
    with opened(a_file(tmp_path, recorded("unhealthy"))) as run:
        assert snap_compare(a_console(run, Begin(10.0)), terminal_size=(80, 24), run_before=drawn())


def test_replay_without_colours(
    snap_compare: Callable[..., bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with opened(a_file(tmp_path, recorded("unhealthy"))) as run:
        assert snap_compare(a_console(run, Begin(10.0)), terminal_size=(80, 24), run_before=drawn())
