"""The end of the lines is followed, left and come back to."""

import pytest
from textual.strip import Strip

from tests.console.lines import (
    SIZES,
    SMALL,
    a_log,
    bare,
    numbered,
    rows,
    settled,
    status,
    texts,
)


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
