import re

import pytest
from textual.pilot import Pilot

from backstaff.console.dialogs.confirm import Confirm
from backstaff.console.hanging import Fact
from backstaff.console.states import Tone
from tests.console.stand import Stand, written

ALLOWED = {"", "0", "1", "2", "3", "4", "7", "9"}
"""No style, bold, dim, italic, underlined, reversed, struck through."""


def attributes(text: str) -> set[str]:
    return {code for found in re.findall(r"\x1b\[([\d;]*)m", text) for code in found.split(";")}


def before(text: str, word: str) -> set[str]:
    """The attributes with which a word is written."""
    found = re.search(r"\x1b\[([\d;]*)m[^\x1b]*" + word, text)
    return set(found[1].split(";")) if found else set()


async def open_dialog(pilot: Pilot[None]) -> None:
    facts = [Fact(tone.name.lower(), f"this is {tone.name}", tone) for tone in Tone]
    pilot.app.push_screen(Confirm("Sure?", facts, "Do it", destructive=True))
    await pilot.pause()


async def test_no_color_means_no_colour_codes_at_all() -> None:
    app = Stand({"NO_COLOR": "1"})
    async with app.run_test() as pilot:
        seen = attributes(written(app))
        await open_dialog(pilot)
        seen |= attributes(written(app))
        await pilot.press("escape", "question_mark")
        seen |= attributes(written(app))
        await pilot.press("escape", "ctrl+p")
        await app.workers.wait_for_complete()
        await pilot.pause()
        seen |= attributes(written(app))
    assert seen <= ALLOWED
    assert {"1", "2", "7"} <= seen


async def test_without_colour_attributes_tell_what_colours_told() -> None:
    app = Stand({"NO_COLOR": "1"})
    async with app.run_test() as pilot:
        await open_dialog(pilot)
        text = written(app)
    assert before(text, "this is FAILED") == {"1"}
    assert before(text, "this is WAITING") == {"1"}
    assert before(text, "this is PLAIN") == {"2"}
    assert "7" in before(text, "o back"), "the focused answer is reversed"
    assert "7" not in before(text, "o it")


@pytest.mark.parametrize("value", ["", None])
async def test_an_empty_no_color_counts_as_none(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    app = Stand()
    async with app.run_test() as pilot:
        await open_dialog(pilot)
        reds = re.findall(r"38;2;(\d+);(\d+);(\d+)", written(app))
    assert any(red != green for red, green, _ in reds), "colours, and not only shades of grey"


async def test_muted_text_is_dim_where_the_terminal_has_the_colours() -> None:
    app = Stand({"BACKSTAFF_THEME": "backstaff-ansi"})
    async with app.run_test() as pilot:
        await open_dialog(pilot)
        text = written(app)
    assert "2" in before(text, "this is PLAIN")
    assert "90" not in attributes(text)
    assert "31" in before(text, "this is FAILED")
