import pytest
from textual.pilot import Pilot

from backstaff.console.dialogs.choices import ChoiceButton
from backstaff.console.dialogs.confirm import Confirm
from backstaff.console.dialogs.dialog import Body
from backstaff.console.hanging import Fact
from tests.console.stand import SIZES, Stand, lines_of

WHAT: list[str | Fact] = [
    Fact("web on h1", "v42 is stopped; v41 keeps serving"),
    Fact("[b]h2[/]", "\x1b[31mred\x1b[0m [link]"),
    "The hosts are looked at once more.",
]


async def shown(pilot: Pilot[None], *, destructive: bool = True, again: tuple[str, ...] = ()) -> list[object]:
    """Show the dialog; what it is answered with comes into the list."""
    answers: list[object] = []
    dialog = Confirm("Cancel [this] run?", WHAT, "Cancel the run", destructive=destructive, again=again)
    pilot.app.push_screen(dialog, answers.append)
    await pilot.pause()
    return answers


@pytest.mark.parametrize("size", SIZES)
async def test_title_consequences_and_answers_are_all_in_sight(size: tuple[int, int]) -> None:
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        await shown(pilot)
        text = "\n".join(lines_of(app.screen))
        for words in ("Cancel [this] run?", "v42 is stopped; v41 keeps serving", "red [link]", "[b]h2[/]"):
            assert words in text
        assert "The hosts are looked at once more." in text
        assert "Cancel the run" in text
        assert "Go back" in text


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], False),
        (["escape"], False),
        (["n"], False),
        (["g"], False),
        (["y"], True),
        (["c"], True),
        (["C"], True),
        (["left", "enter"], True),
        (["tab", "enter"], True),
        (["shift+tab", "space"], True),
        (["right", "right", "enter"], False),
    ],
)
async def test_it_is_answered_by_keys_and_what_is_destructive_only_on_purpose(
    keys: list[str], *, answer: bool
) -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        answers = await shown(pilot)
        await pilot.press(*keys)
        assert answers == [answer]
        assert len(app.screen_stack) == 1
        assert app.done == [], "the keys of what lies below do nothing"


async def test_what_does_no_harm_is_done_by_enter() -> None:
    async with Stand({}).run_test() as pilot:
        answers = await shown(pilot, destructive=False)
        await pilot.press("enter")
        assert answers == [True]


async def test_the_key_that_has_brought_it_up_can_say_yes() -> None:
    async with Stand({}).run_test() as pilot:
        answers = await shown(pilot, again=("ctrl+c",))
        await pilot.press("ctrl+c")
        assert answers == [True]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("place", "answer"), [(0, True), (1, False)])
async def test_it_is_answered_by_the_mouse(size: tuple[int, int], place: int, *, answer: bool) -> None:
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        answers = await shown(pilot)
        await pilot.click(app.screen.query(ChoiceButton)[place])
        assert answers == [answer]


async def test_other_keys_answer_nothing() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        answers = await shown(pilot)
        await pilot.press("x", "z", "up", "down", "question_mark", "q")
        assert answers == []
        assert isinstance(app.screen, Confirm)


async def test_a_long_body_scrolls_and_the_answers_stay_in_sight() -> None:
    app = Stand({})
    async with app.run_test(size=(60, 15)) as pilot:
        facts = [Fact(f"web on h{number}", "stays on v42") for number in range(40)]
        app.push_screen(Confirm("Sure?", facts, "Do it"))
        await pilot.pause()
        assert "Do it" in "\n".join(lines_of(app.screen))
        body = app.screen.query_one(Body)
        await pilot.press("down", "down", "up")
        assert body.scroll_y == 1
        await pilot.press(*["pagedown"] * 5)
        assert body.scroll_y == body.max_scroll_y > 0
        text = "\n".join(lines_of(app.screen))
        assert "web on h39" in text
        assert "Do it" in text


async def test_it_follows_the_terminal_through_every_size() -> None:
    app = Stand({})
    async with app.run_test(size=(120, 40)) as pilot:
        answers = await shown(pilot)
        for width, height in [(60, 15), (200, 60), (30, 8), (20, 5), (80, 24)]:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        assert "Cancel the run" in "\n".join(lines_of(app.screen))
        await pilot.press("n")
        assert answers == [False]


async def test_its_frame_is_ascii_where_only_that_can_be_drawn() -> None:
    app = Stand({"BACKSTAFF_ASCII": "1"})
    async with app.run_test() as pilot:
        await shown(pilot)
        assert all(line.isascii() for line in lines_of(app.screen))
