from dataclasses import replace

import pytest

from backstaff.console.dialogs.choices import ChoiceButton
from backstaff.console.dialogs.host_key import TrustHostKey
from backstaff.engine.questions import HostKeyQuestion, KeyPurpose
from tests.console.stand import SIZES, Stand, lines_of

pytestmark = pytest.mark.usefixtures("heard_at_once")

FINGERPRINT = "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDJGLYkWzYl7mFWT8k"
QUESTION = HostKeyQuestion("h3.example.com", FINGERPRINT, "~/.ssh/deploy_hosts")


@pytest.mark.parametrize("size", SIZES)
async def test_host_and_fingerprint_are_in_sight_unbroken_and_where_the_key_goes(
    size: tuple[int, int],
) -> None:
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        app.push_screen(TrustHostKey(QUESTION))
        await pilot.pause()
        text = "\n".join(lines_of(app.screen))
        for words in ("h3.example.com", FINGERPRINT, "~/.ssh/deploy_hosts", "Accept", "Refuse"):
            assert words in text


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["enter"], False),
        (["escape"], False),
        (["r"], False),
        (["n"], False),
        (["a"], True),
        (["left", "enter"], True),
    ],
)
async def test_a_key_is_accepted_only_on_purpose(keys: list[str], *, answer: bool) -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        answers: list[object] = []
        app.push_screen(TrustHostKey(QUESTION), answers.append)
        await pilot.pause()
        await pilot.press(*keys)
        assert answers == [answer]


async def test_y_is_no_answer() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        answers: list[object] = []
        app.push_screen(TrustHostKey(QUESTION), answers.append)
        await pilot.pause()
        await pilot.press("y", "Y")
        assert answers == []


@pytest.mark.parametrize(
    ("purpose", "accepted", "refused"),
    [
        (KeyPurpose.RUN, "the run goes on", "the run ends"),
        (KeyPurpose.FOLLOW, "the container is followed", "nothing is followed"),
    ],
)
async def test_it_says_what_each_answer_means_for_what_is_connected(
    purpose: KeyPurpose, accepted: str, refused: str
) -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        app.push_screen(TrustHostKey(replace(QUESTION, purpose=purpose)))
        await pilot.pause()
        text = "\n".join(lines_of(app.screen))
        assert accepted in text
        assert refused in text
        assert ("the run" in text) is (purpose is KeyPurpose.RUN)


async def test_a_click_accepts() -> None:
    app = Stand({})
    async with app.run_test(size=(60, 15)) as pilot:
        answers: list[object] = []
        app.push_screen(TrustHostKey(QUESTION), answers.append)
        await pilot.pause()
        await pilot.click(app.screen.query(ChoiceButton)[0])
        assert answers == [True]


async def test_a_hosts_name_is_never_markup_or_a_sequence() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        app.push_screen(TrustHostKey(HostKeyQuestion("[red]h3\x1b[2J", FINGERPRINT)))
        await pilot.pause()
        assert "[red]h3 " in "\n".join(lines_of(app.screen))
