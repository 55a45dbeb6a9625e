import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from backstaff.console.line_keys import LINE_BINDINGS
from backstaff.console.line_store import EVERYTHING, LogEntry, Scope
from backstaff.console.log_view import LogView, followed_entry, log_entry
from backstaff.console.session import FollowedLine
from backstaff.events.types import Event, Output
from tests.console.lines import (
    SIZES,
    START,
    a_line,
    a_log,
    a_store,
    numbered,
    rows,
    status,
    texts,
    typed,
)

SMALL = (60, 10)
"""Eight rows of lines, and below them the status."""


async def settled(pilot: Pilot[None]) -> None:
    await pilot.pause()


def bare(view: LogView) -> list[str]:
    """The texts on the screen of lines that all come from one origin, without their times."""
    return [row.removeprefix(row[:9]) for row in texts(view)]


@pytest.mark.parametrize("size", SIZES)
async def test_the_end_is_followed_as_lines_come(size: tuple[int, int]) -> None:
    app, view, store = a_log(*numbered(100))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        height = view.lines.size.height
        assert height == size[1] - 1
        assert [row.split()[-1] for row in texts(view)] == [str(n) for n in range(100 - height, 100)]
        store.extend(numbered(50, 100))
        view.lines_added()
        await settled(pilot)
        assert rows(view)[-1].endswith("line 149")
        assert status(view) == "following  150 lines"


async def test_lines_stand_at_the_top_until_the_screen_is_full() -> None:
    app, view, store = a_log()
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        assert texts(view) == ["no output yet"]
        store.extend(numbered(2))
        view.lines_added()
        await settled(pilot)
        assert bare(view) == ["line 0", "line 1"]


@pytest.mark.parametrize("key", ["k", "up"])
async def test_who_goes_up_is_left_alone_and_told_what_is_new(key: str) -> None:
    app, view, store = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press(key)
        before = rows(view)
        assert before[-1].startswith(">")
        store.extend(numbered(7, 100))
        view.lines_added()
        await settled(pilot)
        assert rows(view) == before
        assert status(view).startswith("not following  7 new (G)")
        await pilot.press("G")
        assert rows(view)[-1].endswith("line 106")
        assert status(view) == "following  107 lines"


async def test_down_from_the_last_line_is_to_follow_again() -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("k", "k", "j")
        assert not view.lines.following
        await pilot.press("j")
        assert view.lines.following


async def test_the_wheel_leaves_the_end_and_comes_back_to_it() -> None:
    app, view, store = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        view.lines.scroll_relative(y=-5, animate=False)
        await settled(pilot)
        assert status(view).startswith("not following")
        store.extend(numbered(3, 100))
        view.lines_added()
        assert rows(view)[-1].endswith("line 94")
        view.lines.scroll_relative(y=20, animate=False)
        await settled(pilot)
        assert rows(view)[-1].endswith("line 102")
        assert status(view).startswith("following")


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
    ("keys", "top", "cursor"),
    [
        (["g"], 0, 0),
        (["g", "g"], 0, 0),
        (["home"], 0, 0),
        (["g", "j", "down"], 0, 2),
        (["g", *["j"] * 12], 4, 12),
        (["g", "pagedown"], 8, 8),
        (["g", "ctrl+d"], 4, 4),
        (["g", "pagedown", "pagedown", "pageup"], 8, 8),
        (["g", "j", "pagedown", "ctrl+u"], 4, 5),
        (["pageup"], 83, None),
        (["pageup", "j"], 83, 83),
        (["pageup", "k"], 83, 91),
    ],
)
async def test_keys_move_through_the_lines(keys: list[str], top: int, cursor: int | None) -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press(*keys)
        assert texts(view)[0].endswith(f" line {top}")
        marked = [row for row in rows(view) if row.startswith(">")]
        assert [row.split()[-1] for row in marked] == ([] if cursor is None else [str(cursor)])


@pytest.mark.parametrize("key", ["p", "space"])
async def test_a_paused_view_stands_still_until_it_goes_on(key: str) -> None:
    app, view, store = a_log(*numbered(3))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press(key)
        store.extend(numbered(5, 3))
        view.lines_added()
        await settled(pilot)
        assert bare(view) == ["line 0", "line 1", "line 2"]
        assert status(view) == "PAUSED  5 new (G)  3 lines"
        await pilot.press(key)
        assert bare(view)[-1] == "line 7"
        assert status(view) == "following  8 lines"


async def test_the_end_key_lets_a_paused_view_go_on() -> None:
    app, view, store = a_log(*numbered(3))
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("p")
        store.extend(numbered(5, 3))
        await pilot.press("end")
        assert bare(view)[-1] == "line 7"


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


async def test_a_paused_view_whose_lines_have_all_fallen_out_is_empty_and_goes_on() -> None:
    app, view, store = a_log(*numbered(5), most_lines=10)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("k", "p")
        store.extend(numbered(50, 5))
        view.lines_added()
        await settled(pilot)
        await pilot.press("k", "y", "v", "pageup")
        assert view.lines.sheet.count == 0
        assert "10 new" in status(view)
        await pilot.press("G")
        assert bare(view)[-1] == "line 54"


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


@pytest.mark.parametrize("size", SIZES)
async def test_long_lines_are_wrapped_below_their_text_or_scrolled_sideways(size: tuple[int, int]) -> None:
    long = "".join(f"{number:04}" for number in range(100))
    app, view, _ = a_log(a_line("before"), a_line(long, host="h2"), a_line("after"))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert texts(view)[1].endswith(">")
        await pilot.press("w")
        column = texts(view)[0].index("before")
        *_, first = [row for row in texts(view) if " h2 " in row]
        wrapped = texts(view)[1:-1]
        assert first == wrapped[0]
        assert "".join(row[column:] for row in wrapped) == long
        assert all(row[:column].isspace() for row in wrapped[1:])
        assert "wrapped" in status(view)
        await pilot.press("w", "l", "right")
        assert texts(view)[0][column:] == ""
        assert texts(view)[1][column:].startswith("0004")
        assert texts(view)[1].startswith(wrapped[0][:column]), "the columns stay"
        assert "from column 17" in status(view)
        await pilot.press("h", "left", "left")
        assert texts(view)[0].endswith("before")


async def test_the_end_stays_in_sight_while_wrapped_lines_come_and_go() -> None:
    app, view, store = a_log(most_lines=50)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("w")
        for start in range(0, 300, 20):
            store.extend([a_line(f"{number} " + "x" * number) for number in range(start, start + 20)])
            view.lines_added()
            await settled(pilot)
            shown = "".join(bare(view))
            assert shown.endswith("x" * 10) or start == 0
            assert view.lines.scroll_offset.y == view.lines.max_scroll_y
            assert view.lines.sheet.count == min(50, start + 20)


async def test_what_is_read_stays_where_it_is_while_lines_fall_out() -> None:
    app, view, store = a_log(*numbered(100), most_lines=100)
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("k", "pageup")
        before = rows(view)
        store.extend(numbered(60, 100))
        view.lines_added()
        assert rows(view) == before
        assert "60 older ones gone" in status(view)
        store.extend(numbered(90, 160))
        view.lines_added()
        assert texts(view)[0].endswith("line 150"), "what was read is gone: the oldest line follows"


async def test_lines_that_were_not_kept_are_told_until_the_next_run() -> None:
    app, view, store = a_log(*numbered(3))
    async with app.run_test(size=(80, 10)) as pilot:
        await settled(pilot)
        assert "not kept" not in status(view)
        store.extend(numbered(1, 3))
        view.lines_added(1234)
        await settled(pilot)
        assert "1,234 lines not kept  4 lines" in status(view)
        await pilot.press("k")
        assert "1,234 lines not kept" in status(view)
        view.lines_added(0)
        assert "not kept" not in status(view)


async def test_a_paint_between_two_ticks_never_asks_for_lines_that_are_gone() -> None:
    app, view, store = a_log(*numbered(20), most_lines=20)
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        store.extend(numbered(1_000, 20))
        view.lines.refresh()
        await settled(pilot)
        assert texts(view) == []
        await pilot.press("y", "k", "w", "t", "g", "v", "y")
        assert app.copied[-1] == "line 1000"


async def test_times_are_shown_or_not() -> None:
    app, view, _ = a_log(a_line("text", t=31.22))
    async with app.run_test(size=(120, 10)) as pilot:
        await settled(pilot)
        assert texts(view) == ["12:04:31.220 text"]
        await pilot.press("t")
        assert texts(view) == ["text"]
        await pilot.press("t")
        await pilot.resize_terminal(60, 10)
        await settled(pilot)
        assert texts(view) == ["12:04:31 text"]


async def test_without_a_time_of_day_the_seconds_of_the_run_are_shown() -> None:
    app, view, _ = a_log(LogEntry(at_t=2.5, text="text"))
    async with app.run_test(size=(120, 10)) as pilot:
        await settled(pilot)
        assert texts(view) == ["    +2.500 s text"]


async def test_host_and_role_are_said_where_lines_come_from_several() -> None:
    app, view, store = a_log(a_line("one"))
    async with app.run_test(size=(120, 10)) as pilot:
        await settled(pilot)
        await pilot.press("t")
        assert texts(view) == ["one"]
        store.extend([a_line("two", host="web-2.example")])
        view.lines_added()
        assert texts(view) == ["h1            one", "web-2.example two"]
        store.extend(
            [a_line("three", role="job"), a_line("four", host="", role="", source="hook", name="pre-build")]
        )
        view.lines_added()
        assert texts(view) == [
            "h1            web       one",
            "web-2.example web       two",
            "h1            job       three",
            "              pre-build four",
        ]


async def test_a_scope_shows_its_lines_from_their_end() -> None:
    app, view, store = a_log(
        *numbered(30),
        *numbered(30, host="h2"),
        *numbered(30, role="job"),
        a_line("of the host", role="", source="proxy"),
    )
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.press("k", "p", "v")
        view.show(Scope("h2", "web"))
        await settled(pilot)
        assert bare(view)[-1] == "line 29"
        assert status(view) == "following  30 lines"
        store.extend([*numbered(1, 30, host="h2"), *numbered(1, 30)])
        view.lines_added()
        assert bare(view)[-1] == "line 30"
        assert status(view) == "following  31 lines"
        view.show(Scope("h1", "job"))
        await settled(pilot)
        assert texts(view)[-1].split()[1:] == ["proxy", "of", "the", "host"]
        assert texts(view)[-2].split()[1:] == ["job", "line", "29"]
        view.show(EVERYTHING)
        await settled(pilot)
        assert "93 lines" in status(view)


async def test_filters_outlive_a_change_of_scope() -> None:
    app, view, _ = a_log(*numbered(10), *numbered(10, host="h2"))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "7")
        view.show(Scope("h2"))
        assert bare(view) == ["line 7"]


async def test_another_run_is_shown_from_its_own_store() -> None:
    app, view, store = a_log(*numbered(10))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "5")
        view.use(a_store(a_line("fifth: 5"), a_line("6")))
        store.extend(numbered(100, 50))
        view.lines_added()
        assert bare(view) == ["fifth: 5"]


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


HOSTILE = [
    "\x1b[2J\x1b[H\x1b]0;title\x07",
    "[bold red]markup[/] [link=http://x]y[/link] [@click=app.quit]z[/]",
    "漢字" * 60 + "é\u0301\u0301" * 40 + "👩\u200d🚀",
    "\u202ereversed \u2066 \u200b",
    "\r\roverwritten\x08\x08\x08",
    "\t\ta\tb",
    "\x00\x01\x9b31m\x9d0;t\x9c\x7f\x85",
    "\ud800 half",
    "",
    "x" * 100_000,
    "\u0301starts with a combining one",
    "$text-muted {markup} %s \\",
]


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_shown_inert_and_every_row_is_as_wide_as_the_screen(
    size: tuple[int, int],
) -> None:
    app, view, _ = a_log(*[a_line(text, host=text[:40], role=text[:20]) for text in HOSTILE])
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for keys in ([], ["w"], ["g"], ["/", ".", "enter"], ["N"], ["w"], ["l", "l", "l"], ["t"], ["v", "k"]):
            await pilot.press(*keys)
            await settled(pilot)
            for y in range(view.lines.size.height):
                strip = view.lines.render_line(y)
                assert cell_len(strip.text) == strip.cell_length == size[0], keys
                assert strip.text.isprintable() or not strip.text.isascii()
                assert not set(strip.text) & set("\x1b\x07\x9b\u202e\n\r\t")
        assert any(
            "[bold red]markup" in row for row in map(str, (e.text for e in view.lines.sheet.store.since(0)))
        )


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.text(max_size=200).map(a_line), max_size=30),
    st.lists(
        st.sampled_from(
            ["w", "t", "k", "j", "g", "G", "p", "v", "l", "pageup", "ctrl+d", "n", "y", "more", "narrow"]
        ),
        max_size=12,
    ),
)
async def test_no_order_of_keys_and_lines_breaks_the_view(entries: list[LogEntry], keys: list[str]) -> None:
    app, view, store = a_log(*entries, most_lines=20)
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "/", "a|b")
        for key in keys:
            if key == "more":
                store.extend(entries[::-1])
                view.lines_added()
            elif key == "narrow":
                await pilot.resize_terminal(40 if app.size.width == 60 else 60, 10)
            else:
                await pilot.press(key)
            await settled(pilot)
            assert 0 <= view.lines.scroll_offset.y <= view.lines.max_scroll_y
            assert all(len(row) <= app.size.width for row in rows(view) if row.isascii())
        await pilot.press("escape", "escape", "G")
        wanted = [entry.text for entry in store.since(store.first)]
        assert [view.lines.sheet.entry(n).text for n in view.lines.sheet.between(0, store.end)] == wanted


async def test_a_storm_of_sizes_does_no_harm() -> None:
    app, view, store = a_log(*[a_line("word " * 40, t) for t in range(200)])
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("w", "k", "k")
        for step in range(60):
            await pilot.resize_terminal(20 + step * 7 % 100, 3 + step % 30)
        await pilot.resize_terminal(80, 24)
        await settled(pilot)
        assert sum(row.startswith(">") for row in rows(view)) == 1
        store.extend(numbered(1))
        await pilot.press("G")
        assert rows(view)[-1].endswith("line 0")


async def test_lines_that_come_out_of_sight_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow link is not told again what it shows already."""
    app, view, store = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        await pilot.press("k")
        await settled(pilot)
        drawn: list[int] = []
        render = view.lines.render_line

        def noted(y: int) -> Strip:
            drawn.append(y)
            return render(y)

        monkeypatch.setattr(view.lines, "render_line", noted)
        store.extend(numbered(20, 100))
        view.lines_added()
        await settled(pilot)
        assert not drawn
        await pilot.press("G")
        await settled(pilot)
        assert drawn


def test_every_key_can_be_bound_anew_and_says_what_it_does() -> None:
    ids = [binding.id for binding in LINE_BINDINGS]
    assert len(set(ids)) == len(ids)
    assert all(each and each.startswith("log.") for each in ids)
    assert all(binding.description for binding in LINE_BINDINGS)


async def test_a_rebound_key_works() -> None:
    app, view, _ = a_log(*numbered(3))
    async with app.run_test(size=SMALL) as pilot:
        app.set_keymap({"log.pause": "f9"})
        await pilot.press("p")
        assert not view.lines.sheet.paused
        await pilot.press("f9")
        assert view.lines.sheet.paused


@pytest.mark.parametrize("theme", ["textual-light", "textual-ansi", "textual-dark"])
async def test_marks_need_no_colour(theme: str) -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        app.theme = theme if theme in app.available_themes else "ansi-dark"
        await pilot.press("k", "v", "k")
        await settled(pilot)
        assert [row[:1] for row in rows(view)[:5]] == [" ", " ", " ", ">", "|"]


def test_an_event_of_output_becomes_a_line() -> None:
    body = Output(source="hook", name="pre-build", text="\x1b[32mok\x1b[0m", stream="stderr")
    entry = log_entry(Event(seq=1, at=START, t=1.5, body=body), body)
    assert (entry.at_t, entry.at, entry.name, entry.stream, entry.text) == (
        1.5,
        START,
        "pre-build",
        "stderr",
        "ok",
    )


def test_versions_of_a_container_are_one_origin() -> None:
    body = Output(source="container", host="h1", role="web", name="v42", text="x")
    assert log_entry(Event(seq=1, at=START, t=1.5, body=body), body).name == ""


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2026-11-23T12:04:00.123456789Z", 123456),
        ("2026-11-23T12:04:00+00:00", 0),
        ("never", None),
        ("2026-11-23", None),
    ],
)
def test_a_followed_line_has_the_time_that_docker_gave_it(written: str, microsecond: int | None) -> None:
    entry = followed_entry(FollowedLine("h1", "web", written, "text"), 3.0)
    assert (entry.at.microsecond if entry.at else None) == microsecond
    assert entry.at_t == 3.0


async def test_offsets_of_a_strip_name_line_and_character() -> None:
    app, view, _ = a_log(*numbered(100))
    async with app.run_test(size=SMALL) as pilot:
        await settled(pilot)
        widget, offset = app.screen.get_widget_and_offset_at(11, 0)
        assert widget is view.lines
        assert offset == Offset(10, int(texts(view)[0].split()[-1]))
