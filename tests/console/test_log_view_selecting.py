"""Lines and characters are selected and copied."""

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot

from backstaff.console.log_view import LogView
from tests.console.lines import (
    SMALL,
    a_line,
    a_log,
    numbered,
    rows,
    settled,
    status,
    texts,
)


async def test_who_has_selected_lines_may_scroll_to_the_end_and_keeps_them() -> None:
    app, view, store = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("pageup", "k", "v", "k")
        view.lines.scroll_relative(y=50, animate=False)
        store.extend(numbered(3, 100))
        view.lines_added()
        await settled(pilot)
        assert rows(view)[-1].endswith("line 99")
        await pilot.press("y")
        await settled(pilot)
        assert app.copied == ["12:05:30 line 90\n12:05:31 line 91"]


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        (["y"], "line 9"),
        (["k", "k", "y"], "line 8"),
        (["k", "k", "v", "k", "y"], "12:04:07 line 7\n12:04:08 line 8"),
        (["k", "v", "y"], "line 9"),
        (["shift+up", "shift+up", "y"], "12:04:08 line 8\n12:04:09 line 9"),
        (["k", "K", "K", "J", "y"], "12:04:08 line 8\n12:04:09 line 9"),
        (["g", "shift+down", "y"], "12:04:00 line 0\n12:04:01 line 1"),
        (["t", "g", "v", "j", "y"], "line 0\nline 1"),
        (["g", "v", "v", "j", "y"], "line 1"),
        (["g", "v", "j", "escape", "y"], "line 1"),
    ],
)
async def test_lines_are_selected_and_copied(keys: list[str], copied: str) -> None:
    app, _, _ = a_log(*numbered(10))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press(*keys)
        await settled(pilot)
        assert app.copied == [copied]


async def test_selected_lines_are_marked_and_counted() -> None:
    app, view, _ = a_log(*numbered(6))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("g", "j", "v", "j", "j")
        assert [row[:1] for row in rows(view)[:6]] == [" ", "|", "|", ">", " ", " "]
        assert "3 lines selected" in status(view)


async def test_copying_from_an_empty_view_asks_for_nothing() -> None:
    app, _, _ = a_log()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("y", "v", "k", "j", "g", "n", "escape", "pageup")
        assert not app.copied


async def drag(pilot: Pilot[None], view: LogView, start: tuple[int, int], end: tuple[int, int]) -> None:
    await pilot.mouse_down(view.lines, offset=start)
    await pilot.hover(view.lines, offset=end)
    await pilot.mouse_up(view.lines, offset=end)
    await pilot.pause()


async def test_the_mouse_selects_characters_inside_of_the_pane() -> None:
    app, view, store = a_log(*[a_line(f"line {n} 漢字 of text") for n in range(100)])
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        top = int(texts(view)[0].split()[2])
        await drag(pilot, view, (15, 1), (19, 2))
        # A column for marks, nine cells of time: cell 15 is character 5 of the text.
        assert app.screen.get_selected_text() == f"{top + 1} 漢字 of text\n12:04:00 line {top + 2} 漢字"
        before = rows(view)
        store.extend(numbered(500))
        view.lines_added()
        await settled(pilot)
        assert rows(view) == before, "what is selected does not run away"
        await pilot.press("y")
        await settled(pilot)
        assert app.copied == [f"{top + 1} 漢字 of text\n12:04:00 line {top + 2} 漢字"]


async def test_a_selection_stays_on_its_characters_when_lines_are_wrapped() -> None:
    app, view, _ = a_log(a_line("x" * 45 + "needle" + "y" * 45))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("w")
        # The text is 49 cells wide: the needle is at the end of the first row and goes on in the second.
        await drag(pilot, view, (55, 0), (11, 1))
        assert app.screen.get_selected_text() == "needle"
        await drag(pilot, view, (55, 0), (9, 1))
        assert app.screen.get_selected_text() == "need", "the blank before a row is the end of the one above"


async def test_a_double_click_selects_a_line_without_its_columns() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.click(view.lines, offset=(20, 2), times=2)
        await settled(pilot)
        assert app.screen.get_selected_text() == "line 2"


async def test_a_click_puts_the_cursor_there_unless_the_end_is_followed() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.click(view.lines, offset=(20, 2))
        assert view.lines.following
        await pilot.press("k")
        await pilot.click(view.lines, offset=(20, 2))
        assert rows(view)[2].startswith(">")
        await pilot.click(view.lines, offset=(20, 7))
        assert rows(view)[2].startswith(">")


async def test_a_change_of_columns_gives_up_what_the_mouse_selected() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await drag(pilot, view, (12, 1), (14, 1))
        assert app.screen.get_selected_text()
        await pilot.press("t")
        await settled(pilot)
        assert not app.screen.get_selected_text()


async def test_a_selection_from_elsewhere_on_the_screen_covers_what_is_in_sight() -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        view.lines.text_select_all()
        selected = app.screen.get_selected_text() or ""
        assert selected.split("\n") == texts(view)


async def test_offsets_of_a_strip_name_line_and_character() -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        widget, offset = app.screen.get_widget_and_offset_at(11, 0)
        assert widget is view.lines
        assert offset == Offset(10, int(texts(view)[0].split()[-1]))
