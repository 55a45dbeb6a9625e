"""Lines are searched and filtered."""

import pytest
from textual.widgets import Input

from backstaff.console.line_store import Scope
from tests.console.lines import (
    SIZES,
    SMALL,
    a_line,
    a_log,
    bare,
    numbered,
    rows,
    settled,
    status,
    texts,
    typed,
)


async def test_filters_and_search_work_on_what_is_shown_while_paused() -> None:
    app, view, store = a_log(*numbered(20))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("p")
        store.extend(numbered(20, 20))
        view.lines_added()
        await typed(pilot, "&", "5$")
        assert bare(view) == ["line 5", "line 15"]
        assert status(view) == "PAUSED  2 new (G)  &5$  2 lines"
        await typed(pilot, "/", "line")
        assert "/line 2/2" in status(view)
        await pilot.press("p")
        assert bare(view) == ["line 5", "line 15", "line 25", "line 35"]


@pytest.mark.parametrize("size", SIZES)
async def test_a_search_finds_counts_and_highlights(size: tuple[int, int]) -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await typed(pilot, "/", "LINE .7".lower())
        assert next(row for row in rows(view) if row.startswith(">")).endswith("line 97")
        assert "/line .7 9/9" in status(view)
        await pilot.press("n")
        assert "/line .7 1/9" in status(view), "it goes round at the end"
        assert any(row.startswith(">") and row.endswith("line 17") for row in rows(view))
        await pilot.press("N", "N")
        assert "/line .7 8/9" in status(view)
        y = next(y for y, row in enumerate(rows(view)) if row.startswith(">"))
        strip = view.lines.render_line(y)
        assert "".join(each.text for each in strip if each.style and each.style.reverse) == "line 87"
        await pilot.press("escape")
        assert "/line" not in status(view)
        assert not any(each.style and each.style.reverse for each in view.lines.render_line(y))


async def test_a_search_begins_at_what_the_eye_has_reached() -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("g", *["pagedown"] * 3)
        await typed(pilot, "/", "0$")
        assert "/0$ 4/10" in status(view), "line 30 is on the screen, line 40 is not"


async def test_matches_are_counted_as_lines_come() -> None:
    app, view, store = a_log(*numbered(10))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "/", "nothing")
        assert "/nothing nothing found" in status(view)
        store.extend([a_line("there is nothing")])
        view.lines_added()
        assert "/nothing 1 found" in status(view)


async def test_a_match_far_to_the_right_is_brought_into_sight() -> None:
    app, view, _ = a_log(a_line("x" * 300 + "needle"), *numbered(30))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "/", "needle")
        assert any("needle" in row for row in rows(view))
        assert "from column" in status(view)
        await pilot.press("w")
        assert any("needle" in row for row in rows(view))


async def test_a_match_below_the_screen_in_a_wrapped_line_is_brought_into_sight() -> None:
    app, view, _ = a_log(*numbered(30), a_line("x" * 2_000 + "needle" + "x" * 2_000), *numbered(30))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("w", "g")
        await typed(pilot, "/", "needle")
        assert any("needle" in row for row in rows(view))


async def test_only_matching_lines_are_shown_and_without_others() -> None:
    app, view, store = a_log(*[a_line(text) for text in ("error 1", "fine", "error 2", "ERROR health")])
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "error")
        assert bare(view) == ["error 1", "error 2", "ERROR health"]
        await typed(pilot, "!", "health")
        assert bare(view) == ["error 1", "error 2"]
        assert status(view) == "following  &error  !health  2 lines"
        store.extend([a_line("error 3"), a_line("fine"), a_line("error of health")])
        view.lines_added()
        assert bare(view) == ["error 1", "error 2", "error 3"]
        await typed(pilot, "&", "")
        assert bare(view) == ["error 1", "fine", "error 2", "error 3", "fine"]
        await pilot.press("escape")
        assert len(bare(view)) == 7


async def test_filters_that_leave_nothing_say_so() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "elsewhere")
        assert texts(view) == ["no line passes the filters"]


async def test_the_line_at_hand_stays_in_sight_when_filters_change() -> None:
    app, view, _ = a_log(*numbered(500))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await typed(pilot, "/", "line 255")
        y = next(y for y, row in enumerate(rows(view)) if row.startswith(">"))
        await typed(pilot, "&", "5$")
        assert rows(view)[y].startswith(">")
        assert rows(view)[y].endswith("line 255")
        await pilot.press("escape", "escape")
        assert rows(view)[y].endswith("line 255")


async def test_a_pattern_that_can_not_be_used_says_why_and_waits_to_be_mended() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("&", *"4(")
        await settled(pilot)
        assert "unterminated" in str(view.query_one("#flaw").render())
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.focused, Input)
        assert len(bare(view)) == 5
        await pilot.press("backspace", "enter")
        await settled(pilot)
        assert bare(view) == ["line 4"]
        assert view.lines.has_focus


async def test_escape_leaves_the_pattern_as_it_was() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "4")
        await pilot.press("&", *"3", "escape")
        await settled(pilot)
        assert bare(view) == ["line 4"]
        assert app.focused is view.lines
        assert status(view) == "following  &4  1 line"


async def test_typing_a_pattern_is_no_business_of_the_screen_around() -> None:
    """Nor do the keys of the view do anything meanwhile."""
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("/", *"pwty")
        await settled(pilot)
        assert view.query_one(Input).value == "pwty"
        assert not view.lines.sheet.paused
        await pilot.press("enter")
        await settled(pilot)
        assert not app.heard
        assert not app.copied


async def test_escape_with_nothing_to_clear_is_for_the_screen_around() -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("v", "escape")
        assert view.lines.cursor.selected is None
        before = app.escaped
        await pilot.press("escape")
        assert app.escaped == before + 1


async def test_filters_outlive_a_change_of_scope() -> None:
    app, view, _ = a_log(*numbered(10), *numbered(10, host="h2"))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "7")
        view.show(Scope("h2"))
        assert bare(view) == ["line 7"]
