"""A page of text of which only what changed is drawn again."""

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen

from backstaff.console.page import Page

WIDTH = 20


class Noted(Page):
    """Notes what is asked to be drawn again; a whole page as None."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Region | None] = []

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "Noted":
        self.asked += regions or [None]
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


class Stand(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.page = Noted()

    def compose(self) -> ComposeResult:
        yield self.page


def a_page(*lines: str) -> list[Content]:
    return [Content(line) for line in lines]


def rows(screen: Screen[object]) -> list[str]:
    return [strip.text.rstrip() for strip in screen._compositor.render_strips()]


async def test_only_the_rows_that_changed_are_drawn_again() -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show(a_page("one", "two", "three"), WIDTH, 6)
        await pilot.pause()
        app.page.asked.clear()
        app.page.show(a_page("one", "2", "three", "four"), WIDTH, 6)
        assert app.page.asked == [Region(0, 1, WIDTH, 1), Region(0, 3, WIDTH, 1)]
        await pilot.pause()
        assert rows(app.screen)[:5] == ["one", "2", "three", "four", ""]


async def test_a_page_that_is_the_same_is_not_drawn_again() -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show(a_page("one", "two"), WIDTH, 6)
        await pilot.pause()
        app.page.asked.clear()
        app.page.show(a_page("one", "two"), WIDTH, 6)
        assert app.page.asked == []


@pytest.mark.parametrize(("lines", "height"), [(2, 6), (9, 9)])
async def test_a_page_is_as_high_as_its_room_or_its_lines(lines: int, height: int) -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show(a_page(*["line"] * lines), WIDTH, 6)
        await pilot.pause()
        assert app.page.size.height == height


async def test_a_line_that_is_too_long_goes_on_below() -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show(a_page("a line of more words than there is room for", "end"), WIDTH, 6)
        await pilot.pause()
        assert rows(app.screen)[:4] == ["a line of more words", "than there is room", "for", "end"]


async def test_all_of_it_can_be_selected_and_is_copied_as_it_stands() -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show(a_page("one", "two", "three"), WIDTH, 6)
        await pilot.pause()
        await pilot.mouse_down(app.page, offset=(1, 0))
        await pilot.hover(app.page, offset=(2, 2))
        await pilot.mouse_up(app.page, offset=(2, 2))
        await pilot.pause()
        assert app.screen.get_selected_text() == "ne\ntwo\nthr"
        assert rows(app.screen)[:3] == ["one", "two", "three"]


async def test_another_theme_changes_the_colours_of_lines_that_stay() -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show([Content.styled("one", "$primary")], WIDTH, 6)
        await pilot.pause()
        before = app.page.render_line(0)
        app.theme = "textual-light"
        await pilot.pause()
        after = app.page.render_line(0)
        assert after.text == before.text
        assert [segment.style for segment in after] != [segment.style for segment in before]


async def test_a_page_that_becomes_narrower_is_drawn_for_its_new_width() -> None:
    app = Stand()
    async with app.run_test(size=(WIDTH, 6)) as pilot:
        app.page.show(a_page("one two three four", "end"), WIDTH, 6)
        await pilot.pause()
        assert rows(app.screen)[:3] == ["one two three four", "end", ""]
        await pilot.resize_terminal(WIDTH - 8, 6)
        await pilot.pause()
        app.page.show(a_page("one two three four", "end"), WIDTH - 8, 6)
        await pilot.pause()
        assert rows(app.screen)[:4] == ["one two", "three four", "end", ""]
