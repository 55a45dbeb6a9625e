"""Every screen as a picture, at the sizes at which people work: from scripted and recorded runs, while the
clock stands."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from backstaff.console.app import Console
from backstaff.console.session import FollowedLine
from backstaff.demo.scenarios import SCENARIOS
from backstaff.engine.questions import HostKeyQuestion, LockQuestion
from backstaff.errors import ExitCode
from backstaff.events.types import Event
from tests.console.showing import Scripted, show_all
from tests.events.builders import Script, a_good_deploy, a_plan, a_run, a_stuck_barrier, until_boot
from tests.headless.pictures import failed
from tests.recordings import recorded

SIZES = [(120, 40), (80, 24), (60, 15)]


pytestmark = pytest.mark.usefixtures("the_same_everywhere")


def pulling() -> list[Event]:
    script = until_boot(Script())
    return [event for event in script.events if event.t <= 2.0]


SCREENS: dict[str, tuple[Callable[[], list[Event]], tuple[str, ...]]] = {
    "nothing-yet": (list, ()),
    "pulling": (pulling, ()),
    "barrier": (lambda: a_stuck_barrier().events, ()),
    "barrier-by-role": (lambda: a_stuck_barrier().events, ("b",)),
    "filter": (lambda: a_stuck_barrier().events, ("slash", "j", "o", "b")),
    "why-in-full": (lambda: a_stuck_barrier().events, ("enter", "z")),
    "logs": (lambda: a_stuck_barrier().events, ("g", "2")),
    "commands": (lambda: a_stuck_barrier().events, ("g", "3")),
    "events": (lambda: a_stuck_barrier().events, ("g", "4")),
    "failure": (failed, ()),
    "summary": (lambda: a_good_deploy().events, ()),
    "cancel": (lambda: a_stuck_barrier().events, ("c",)),
    "leave": (lambda: a_stuck_barrier().events, ("q",)),
    "retry": (failed, ("r",)),
    "shell": (lambda: a_stuck_barrier().events, ("g", "down", "s")),
    "help": (lambda: a_stuck_barrier().events, ("question_mark",)),
    "output": (lambda: a_stuck_barrier().events, ("g", "down", "o")),
}
LINES = [
    FollowedLine("h1", "web", f"2026-11-23T12:04:{n:02}.5Z", f"GET /up 500 in {n} ms") for n in range(20)
]


def drawn(*keys: str) -> Callable[["Pilot[ExitCode]"], object]:
    """What to do before the picture is taken: let everything be drawn, after each of some keys too."""

    async def draw(pilot: "Pilot[ExitCode]") -> None:
        app = pilot.app
        assert isinstance(app, Console)
        await show_all(app, pilot)
        for key in keys:
            await pilot.press(key)
            await show_all(app, pilot)

    return draw


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    events, keys = SCREENS[name]
    app = Console(Scripted(events(), lines=LINES))
    assert snap_compare(app, terminal_size=size, run_before=drawn(*keys))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = Console(Scripted(recorded(name)))
    assert snap_compare(app, terminal_size=size, run_before=drawn())


@pytest.mark.parametrize("theme", ["backstaff-light", "backstaff-ansi", "backstaff-contrast"])
def test_theme(theme: str, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAFF_THEME", theme)
    app = Console(Scripted(a_stuck_barrier().events))
    assert snap_compare(app, terminal_size=(120, 40), run_before=drawn())


def test_no_color(snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Console(Scripted(a_stuck_barrier().events))
    assert snap_compare(app, terminal_size=(120, 40), run_before=drawn())


def test_ascii(snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAFF_ASCII", "1")
    app = Console(Scripted(a_stuck_barrier().events))
    assert snap_compare(app, terminal_size=(80, 24), run_before=drawn())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_question_about_a_host_key(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = Console(Scripted(until_boot(Script()).events))

    async def ask(pilot: "Pilot[ExitCode]") -> None:
        await show_all(app, pilot)
        fingerprint = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDbcC7jX8mvqNVaW7w"
        app.run_worker(app.trusts(HostKeyQuestion("web1.shop.example", fingerprint)))
        await show_all(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=ask)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_question_about_the_lock(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    script = Script().at(0, a_run(), a_plan())
    app = Console(Scripted(script.events))
    question = LockQuestion(
        host="h1",
        holder="Bob",
        since="2026-11-23T11:40:02Z",
        age_s=1435,
        version="v41",
        message="Automatic deploy lock",
        release="backstaff lock release -h h1",
    )

    async def ask(pilot: "Pilot[ExitCode]") -> None:
        await show_all(app, pilot)
        app.run_worker(app.decide(question))
        await show_all(app, pilot)

    assert snap_compare(app, terminal_size=size, run_before=ask)
