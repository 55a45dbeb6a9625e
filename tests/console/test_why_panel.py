"""The panel that says why."""

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from backstaff.console.page import Page
from backstaff.console.text_lines import hanging
from backstaff.console.why_panel import WhyPanel

COMMAND = "backstaff deploy --skip-push --version v42 --destination production --hosts h1,h2,h3,h4"


def a_page(width: int) -> list[Content]:
    return hanging("retry  ", COMMAND, width, "")


class Stand(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        yield WhyPanel()

    def on_why_panel_copy_requested(self, message: WhyPanel.CopyRequested) -> None:
        self.copied.append(message.text)


async def test_a_command_is_copied_in_one_piece_however_narrow_the_panel() -> None:
    app = Stand()
    async with app.run_test(size=(40, 10)) as pilot:
        panel = app.query_one(WhyPanel)
        panel.show(a_page)
        panel.focus()
        await pilot.press("y")
        await pilot.pause()
    assert app.copied == [f"retry  {COMMAND}"]


def a_long_page(_: int) -> list[Content]:
    return [Content(f"line {number // 2}" if number % 2 == 0 else "") for number in range(30)]


@pytest.mark.parametrize(("height", "second"), [(10, "line 1"), (25, ""), (40, "")])
async def test_a_low_panel_has_no_room_for_blank_lines(height: int, second: str) -> None:
    app = Stand()
    async with app.run_test(size=(40, height)) as pilot:
        panel = app.query_one(WhyPanel)
        panel.show(a_long_page)
        await pilot.pause()
        lines = panel.query_one(Page).plain.splitlines()
    assert lines[:2] == ["line 0", second]


@pytest.mark.parametrize("length", [1, 30])
async def test_text_is_as_wide_with_a_scrollbar_as_without_and_does_not_touch_it(length: int) -> None:
    app = Stand()
    widths: set[int] = set()

    def page(width: int) -> list[Content]:
        widths.add(width)
        return [Content("x" * width)] * length

    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(WhyPanel).show(page)
        await pilot.pause()
        app.query_one(WhyPanel).show(page)
        assert app.query_one(WhyPanel).show_vertical_scrollbar == (length > 10)
    assert widths == {40 - 2 - 2 - 1}
