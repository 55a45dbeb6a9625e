from dataclasses import replace

import pytest

from backstaff.console.dialogs.choices import ChoiceButton
from backstaff.console.dialogs.lock_held import LockIsHeld
from backstaff.engine.questions import LockChoice, LockQuestion
from tests.console.stand import SIZES, Stand, lines_of

pytestmark = pytest.mark.usefixtures("heard_at_once")

RELEASE = "backstaff lock release -d production -h h1"
AT_WORK = LockQuestion(
    host="h1",
    holder="Ann Archer",
    since="2026-11-23 12:01:07 UTC",
    age_s=192.0,
    version="v41",
    message="Automatic deploy lock",
    release=RELEASE,
)
DEAD = replace(AT_WORK, dead="process 4711 on this machine has ended")
BY_HAND = replace(AT_WORK, by_hand=True, message="[b]moving the database[/]")


async def text_of(question: LockQuestion, size: tuple[int, int]) -> str:
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        app.push_screen(LockIsHeld(question))
        await pilot.pause()
        return "\n".join(lines_of(app.screen))


async def answer_to(question: LockQuestion, *keys: str) -> object:
    app = Stand({})
    async with app.run_test() as pilot:
        answers: list[object] = []
        app.push_screen(LockIsHeld(question), answers.append)
        await pilot.pause()
        await pilot.press(*keys)
        (answer,) = answers
        return answer


@pytest.mark.parametrize("size", SIZES)
async def test_all_that_is_known_of_the_lock_is_in_sight(size: tuple[int, int]) -> None:
    text = await text_of(DEAD, size)
    for words in ("Ann Archer", "h1", "12:01:07", "3 min 12 s ago", "v41", "Automatic deploy lock", RELEASE):
        assert words in text
    assert "process 4711" in text
    for answer in ("Wait for it", "Take over", "Leave"):
        assert answer in text


@pytest.mark.parametrize("question", [AT_WORK, BY_HAND])
async def test_a_lock_is_not_taken_over_unless_its_holder_is_known_to_be_dead(question: LockQuestion) -> None:
    assert "Take over" not in await text_of(question, (80, 24))
    assert await answer_to(question, "t", "escape") is LockChoice.LEAVE


@pytest.mark.parametrize(
    ("question", "keys", "answer"),
    [
        (AT_WORK, ["enter"], LockChoice.WAIT),
        (AT_WORK, ["w"], LockChoice.WAIT),
        (AT_WORK, ["l"], LockChoice.LEAVE),
        (AT_WORK, ["escape"], LockChoice.LEAVE),
        (AT_WORK, ["right", "enter"], LockChoice.LEAVE),
        (BY_HAND, ["enter"], LockChoice.LEAVE),
        (BY_HAND, ["w"], LockChoice.WAIT),
        (DEAD, ["enter"], LockChoice.LEAVE),
        (DEAD, ["t"], LockChoice.TAKE_OVER),
        (DEAD, ["right", "enter"], LockChoice.TAKE_OVER),
        (DEAD, ["w"], LockChoice.WAIT),
    ],
)
async def test_it_is_answered_by_keys(question: LockQuestion, keys: list[str], answer: LockChoice) -> None:
    assert await answer_to(question, *keys) is answer


async def test_a_click_answers() -> None:
    app = Stand({})
    async with app.run_test(size=(60, 15)) as pilot:
        answers: list[object] = []
        app.push_screen(LockIsHeld(DEAD), answers.append)
        await pilot.pause()
        await pilot.click(app.screen.query(ChoiceButton)[0])
        assert answers == [LockChoice.TAKE_OVER]


async def test_the_release_command_is_copied_and_the_question_stays() -> None:
    app = Stand({"TERM": "xterm"})
    async with app.run_test() as pilot:
        app.push_screen(LockIsHeld(AT_WORK))
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard == RELEASE
        assert isinstance(app.screen, LockIsHeld)


async def test_what_the_lock_does_not_tell_is_left_out() -> None:
    text = await text_of(LockQuestion("h1", ""), (80, 24))
    assert "somebody who left no name" in text
    for label in ("since", "version", "message", "by hand", "y copies"):
        assert label not in text


async def test_a_message_is_never_markup() -> None:
    assert "[b]moving the database[/]" in await text_of(BY_HAND, (80, 24))
