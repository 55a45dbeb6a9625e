"""No text, no order of keys and no size breaks the view of lines."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from backstaff.console.line_store import LogEntry
from tests.console.lines import (
    SIZES,
    SMALL,
    a_line,
    a_log,
    numbered,
    rows,
    settled,
    typed,
)

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
