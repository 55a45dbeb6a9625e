import asyncio

import pytest

from backstaff.console.dialogs.asking import Asking
from backstaff.console.dialogs.confirm import Confirm
from backstaff.console.dialogs.host_key import TrustHostKey
from backstaff.engine.questions import HostKeyQuestion
from tests.console.stand import Stand, lines_of

pytestmark = pytest.mark.usefixtures("heard_at_once")


def a_question(host: str) -> TrustHostKey:
    return TrustHostKey(HostKeyQuestion(host, "SHA256:abc"))


async def test_questions_are_asked_one_after_the_other() -> None:
    app = Stand({})
    async with app.run_test() as pilot, asyncio.TaskGroup() as tasks:
        asking = Asking(app)
        first = tasks.create_task(asking.ask(a_question("h1")))
        second = tasks.create_task(asking.ask(a_question("h2")))
        await pilot.pause()
        assert len(app.screen_stack) == 2
        assert "h1" in "\n".join(lines_of(app.screen))
        await pilot.press("a")
        await pilot.pause()
        assert await first is True
        assert "h2" in "\n".join(lines_of(app.screen))
        await pilot.press("r")
        assert await second is False
        assert len(app.screen_stack) == 1


async def test_a_question_that_nobody_waits_for_any_more_goes_away() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        asking = Asking(app)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asking.ask(a_question("h1"))
        await pilot.pause()
        assert len(app.screen_stack) == 1


async def test_it_goes_away_once_what_lies_above_it_is_closed() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        asking = Asking(app)
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(asking.ask(a_question("h1")))
            await pilot.pause()
            app.push_screen(Confirm("Sure?", ["It is done."], "Do it"))
            await pilot.pause()
            asked.cancel()
        assert len(app.screen_stack) == 3, "nothing is taken away from under the operator's hands"
        await pilot.press("escape")
        await pilot.pause()
        assert len(app.screen_stack) == 1


async def test_after_a_question_was_given_up_the_next_one_is_asked() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        asking = Asking(app)
        async with asyncio.TaskGroup() as tasks:
            given_up = tasks.create_task(asking.ask(a_question("h1")))
            next_one = tasks.create_task(asking.ask(a_question("h2")))
            await pilot.pause()
            given_up.cancel()
            await pilot.pause()
            await pilot.pause()
            assert "h2" in "\n".join(lines_of(app.screen))
            await pilot.press("a")
            assert await next_one is True
