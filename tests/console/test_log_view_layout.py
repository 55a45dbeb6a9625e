"""How lines stand on the screen: wrapped, with their times and origins, of one scope."""

import pytest

from backstaff.console.line_keys import LINE_BINDINGS
from backstaff.console.line_store import EVERYTHING, LogEntry, Scope
from tests.console.lines import (
    SIZES,
    SMALL,
    a_line,
    a_log,
    a_store,
    bare,
    numbered,
    rows,
    settled,
    status,
    texts,
    typed,
)


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


async def test_another_run_is_shown_from_its_own_store() -> None:
    app, view, store = a_log(*numbered(10))
    async with app.run_test(size=SMALL) as pilot:
        await typed(pilot, "&", "5")
        view.use(a_store(a_line("fifth: 5"), a_line("6")))
        store.extend(numbered(100, 50))
        view.lines_added()
        assert bare(view) == ["fifth: 5"]


@pytest.mark.parametrize("theme", ["textual-light", "textual-ansi", "textual-dark"])
async def test_marks_need_no_colour(theme: str) -> None:
    app, view, _ = a_log(*numbered(5))
    async with app.run_test(size=SMALL) as pilot:
        app.theme = theme if theme in app.available_themes else "ansi-dark"
        await pilot.press("k", "v", "k")
        await settled(pilot)
        assert [row[:1] for row in rows(view)[:5]] == [" ", " ", " ", ">", "|"]


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
