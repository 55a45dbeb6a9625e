from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.dom import DOMNode

from backstaff.console.active_keys import ActiveKey
from backstaff.console.footer import KeysFooter, drawn, placed
from backstaff.console.keymap import keymap_file
from tests.console.stand import SIZES, Hosts, Lines, Stand, lines_of

NODE = DOMNode()
HELP = ActiveKey(("?",), "help", "keys", NODE)


def a_key(description: str, key: str = "x") -> ActiveKey:
    return ActiveKey((key,), description, description, NODE)


def shown(keys: list[ActiveKey], width: int) -> str:
    return drawn(placed(keys, width), width).plain


def test_the_help_stands_at_the_right_end() -> None:
    assert shown([a_key("look"), HELP, a_key("zoom")], 40) == " x look  x zoom                  ? keys "


def test_what_does_not_fit_is_left_out_as_a_whole_and_what_fits_is_taken() -> None:
    keys = [a_key("look"), a_key("something far too long for it"), a_key("zoom"), HELP]
    assert shown(keys, 30) == " x look  x zoom        ? keys "


@given(
    st.lists(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=12), max_size=8),
    st.integers(min_value=1, max_value=90),
)
def test_at_any_width_whole_keys_are_shown_and_nothing_overlaps(words: list[str], width: int) -> None:
    keys = [*map(a_key, words), HELP]
    line = shown(keys, width)
    assert len(line) == width
    assert set(line.split()) <= {"x", "?", "keys", *words}
    places = sorted((each.start, each.end) for each in placed(keys, width))
    assert all(end < start for (_, end), (start, _) in pairwise(places))
    assert width < 9 or line.endswith(" ? keys ")


def footer(app: Stand) -> str:
    return lines_of(app.screen)[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_keys_of_the_focused_widget_come_first(size: tuple[int, int]) -> None:
    app = Stand({})
    async with app.run_test(size=size) as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        assert footer(app).startswith(" enter look  y copy the container's name")
        assert footer(app).endswith(" ? keys ")
        app.query_one(Lines).focus()
        await pilot.pause()
        assert footer(app).startswith(" w wrap long lines  ")
        assert footer(app).endswith(" ? keys ")


async def test_rebound_keys_are_shown_as_they_are_now() -> None:
    keymap_file().parent.mkdir(parents=True)
    keymap_file().write_text("hosts.look: f5\napp.help: f1\n")
    app = Stand({})
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        assert footer(app).startswith(" f5 look ")
        assert footer(app).endswith(" f1 keys ")


async def test_a_click_does_what_the_key_does() -> None:
    app = Stand({})
    async with app.run_test(size=(120, 40)) as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        await pilot.click(KeysFooter, offset=(footer(app).index("copy"), 0))
        await pilot.click(KeysFooter, offset=(footer(app).index("cancel"), 0))
        await pilot.click(KeysFooter, offset=(footer(app).index("? keys") - 2, 0))
        assert app.done == ["copy", "cancel"], "between keys there is nothing to click"
