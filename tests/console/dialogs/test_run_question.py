"""Questions of the run come up under the hands of somebody who types."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from backstaff.console.dialogs.choices import ChoiceButton
from backstaff.console.dialogs.confirm import Confirm
from backstaff.console.dialogs.host_key import TrustHostKey
from backstaff.console.dialogs.lock_held import LockIsHeld
from backstaff.console.dialogs.run_question import DEAF_FOR_S, RunQuestion
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion
from tests.console.stand import Stand


@dataclass
class Time:
    """A clock that goes on when it is told to."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def host_key(time: Time) -> TrustHostKey:
    return TrustHostKey(HostKeyQuestion("h1", "SHA256:abc"), time)


def lock(time: Time) -> LockIsHeld:
    return LockIsHeld(LockQuestion("h1", "Ann", dead="its process has ended", release="release it"), time)


Make = Callable[[Time], RunQuestion[bool] | RunQuestion[LockChoice]]


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        (host_key, ("a", "r", "n", "y", "enter", "space", "escape", "left", "enter")),
        (lock, ("w", "t", "l", "y", "enter", "space", "escape", "left", "enter")),
    ],
)
async def test_no_key_is_heard_in_the_first_moments(make: Make, keys: tuple[str, ...]) -> None:
    app, time, answers = Stand({}), Time(), list[object]()
    async with app.run_test() as pilot:
        question = make(time)
        app.push_screen(question, answers.append)
        await pilot.pause()
        focused = app.focused
        time.now += DEAF_FOR_S - 0.01
        await pilot.press(*keys)
        assert app.screen is question
        assert app.focused is focused
        assert app.clipboard == ""
        assert answers == []


@pytest.mark.parametrize(
    ("make", "key", "answer"),
    [(host_key, "a", True), (host_key, "enter", False), (lock, "t", LockChoice.TAKE_OVER)],
)
async def test_then_keys_are_heard(make: Make, key: str, answer: object) -> None:
    app, time, answers = Stand({}), Time(), list[object]()
    async with app.run_test() as pilot:
        app.push_screen(make(time), answers.append)
        await pilot.pause()
        time.now += DEAF_FOR_S
        await pilot.press(key)
        assert answers == [answer]


async def test_what_has_lain_below_something_else_is_deaf_again() -> None:
    app, time, answers = Stand({}), Time(), list[object]()
    async with app.run_test() as pilot:
        app.push_screen(host_key(time), answers.append)
        await pilot.pause()
        time.now += 10
        app.push_screen(Confirm("Sure?", ["It is done."], "Act"))
        await pilot.pause()
        await pilot.press("a", "a")
        assert answers == []
        time.now += DEAF_FOR_S
        await pilot.press("a")
        assert answers == [True]


async def test_the_mouse_is_heard_at_once() -> None:
    app, answers = Stand({}), list[object]()
    async with app.run_test() as pilot:
        app.push_screen(host_key(Time()), answers.append)
        await pilot.pause()
        await pilot.click(app.screen.query(ChoiceButton)[0])
        assert answers == [True]
