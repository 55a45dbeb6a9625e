"""Questions that the run asks while it goes on."""

import pytest

from backstaff.console.app import Console
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from tests.console.driving import press, shown, text
from tests.console.showing import Scripted, show_all
from tests.events.builders import Script, a_stuck_barrier, until_boot

TURNS = 100
"""So often the loop has its turn before a notice has to be on the screen."""


@pytest.mark.usefixtures("heard_at_once")
@pytest.mark.parametrize("answer", [True, False])
async def test_an_unknown_host_key_is_asked_about(answer: bool) -> None:
    async with shown(Scripted(until_boot(Script()).events)) as (app, pilot):
        answers: list[bool] = []

        async def ask() -> None:
            answers.append(await app.trusts(HostKeyQuestion("h9", "SHA256:abc")))

        app.run_worker(ask())
        await pilot.pause()
        assert "SHA256:abc" in text(app)
        await press(app, pilot, "a" if answer else "r")
        assert answers == [answer]


@pytest.mark.usefixtures("heard_at_once")
async def test_a_held_lock_is_asked_about_and_taking_over_is_offered_only_for_a_dead_holder() -> None:
    async with shown(Scripted(until_boot(Script()).events)) as (app, pilot):
        choices: list[LockChoice] = []

        async def ask(dead: str) -> None:
            choices.append(await app.decide(LockQuestion("h1", "Bob", version="v9", dead=dead)))

        app.run_worker(ask(""))
        await pilot.pause()
        assert "Bob" in text(app)
        assert "Take over" not in text(app)
        await press(app, pilot, "w")
        app.run_worker(ask("its process 7 on this machine is dead"))
        await pilot.pause()
        await press(app, pilot, "t")
        assert choices == [LockChoice.WAIT, LockChoice.TAKE_OVER]


async def test_the_operator_can_cancel_while_a_question_is_open() -> None:
    session = Scripted(until_boot(Script()).events)
    async with shown(session) as (app, pilot):
        app.run_worker(app.trusts(HostKeyQuestion("h9", "SHA256:abc")))
        await pilot.pause()
        await press(app, pilot, "ctrl+c")
        await press(app, pilot, "y")
        assert session.asked == ["cancel"]
        assert "SHA256:abc" in text(app)


async def test_on_a_small_terminal_what_is_said_in_passing_covers_no_edge_of_a_dialog() -> None:
    app = Console(Scripted(a_stuck_barrier().events))
    async with app.run_test(size=(60, 15), notifications=True) as pilot:
        await show_all(app, pilot)
        await press(app, pilot, "c")
        app.tell("copied 34 characters")
        for _ in range(TURNS):
            if "copied" not in text(app):
                await pilot.pause()
        *above, last = text(app).splitlines()
        assert "copied 34 characters" in last
        edges = [line for line in above if line.startswith(("╭", "╰"))]
        assert [line[0] + line[-1] for line in edges] == ["╭╮", "╰╯"]
