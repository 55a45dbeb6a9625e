import re

import pytest
from textual.containers import VerticalScroll

from backstaff.console.active_keys import key_places
from backstaff.console.help_screen import HelpScreen, help_lines
from backstaff.console.keymap import keymap_file
from tests.console.stand import SIZES, Hosts, Stand, lines_of


def is_open(app: Stand) -> bool:
    return isinstance(app.screen, HelpScreen)


def text_of(app: Stand, width: int = 70) -> list[str]:
    return [line.plain.rstrip() for line in help_lines(key_places(app.screen), width)]


async def test_what_has_the_focus_comes_first_then_outwards_then_the_rest() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        titles = [place.title for place in key_places(app.screen)]
        assert titles == ["hosts", "on this screen", "everywhere", "lines"]
        assert text_of(app)[0] == "hosts  has the focus"


async def test_every_key_stands_there_once_with_all_that_do_the_same_and_its_id() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        lines = text_of(app)
        (line,) = [line for line in lines if "next host" in line]
        assert line.split() == ["j", "↓", "next", "host", "hosts.down"]
        assert len(line) == 70
        assert [line for line in lines if "wrap long lines" in line], "keys of what has no focus as well"


async def test_rebound_keys_are_the_ones_that_are_shown() -> None:
    keymap_file().parent.mkdir(parents=True)
    keymap_file().write_text("hosts.copy: f2\nlines.wrap: f3\n")
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        lines = text_of(app)
        assert any(line.startswith("f2 ") and "hosts.copy" in line for line in lines)
        assert any(line.startswith("f3 ") and "lines.wrap" in line for line in lines)


@pytest.mark.parametrize("width", [110, 54, 30, 24])
async def test_no_line_is_wider_than_the_room_there_is(width: int) -> None:
    app = Stand({})
    async with app.run_test():
        lines = text_of(app, width)
        assert max(map(len, lines)) <= width
        words = " ".join(lines).split()
        assert {"container's", "hosts.copy", "app.zoom"} <= set(words), "wrapped, and never cut"


@pytest.mark.parametrize("size", SIZES)
async def test_all_of_it_can_be_read_by_scrolling_and_it_closes(size: tuple[int, int]) -> None:
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        app.query_one(Hosts).focus()
        await pilot.press("question_mark")
        assert is_open(app)
        shown = lines_of(app.screen)
        assert any("hosts  has the focus" in line for line in shown)
        assert any("rebind in" in line for line in shown)
        await pilot.press("G")
        await pilot.pause()
        frame = app.screen.query_one(VerticalScroll)
        assert frame.scroll_y == frame.max_scroll_y
        assert any("lines.wrap" in line for line in lines_of(app.screen))
        await pilot.press("g", "j", "j", "k")
        assert frame.scroll_y == min(1, frame.max_scroll_y)
        for key in ("escape", "q", "question_mark"):
            await pilot.press(key)
            assert not is_open(app)
            app.action_help()
            await pilot.pause()
        assert app.done == []


async def test_help_on_help_is_not_opened() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        await pilot.press("question_mark", "question_mark")
        assert not is_open(app)
        assert len(app.screen_stack) == 1


async def test_borders_are_ascii_where_only_that_can_be_drawn() -> None:
    app = Stand({"BACKSTAFF_ASCII": "1"})
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        text = "".join(lines_of(app.screen))
        assert "j down  " in text
        assert not re.search("[\u2500-\u257f←-↓]", text)
