"""A journal of somebody else's making in the console: its texts are shown, and nothing in them is obeyed."""

from pathlib import Path

import pytest

from tests.console.replaying import a_file, press, replayed
from tests.console.stand import lines_of
from tests.hostile.journals import ALL_AT_ONCE, drives_a_terminal, made_hostile, of_every_kind
from tests.recordings import recorded

PLACES = ("?", "escape", "w", "tab", "j", "enter", "escape", "e", "escape", "l", "escape", "c", "escape", "t")
MARKUP = " [red]m[/red][@click=app.quit]q[/][/nope][link=http://evil.example]x[/link]"


@pytest.mark.parametrize("name", ["", "unhealthy"])
@pytest.mark.parametrize("payload", [ALL_AT_ONCE, MARKUP], ids=["all", "markup"])
async def test_texts_of_a_journal_neither_drive_the_terminal_nor_are_markup(
    tmp_path: Path, name: str, payload: str
) -> None:
    events = [made_hostile(each, payload) for each in recorded(name)] if name else of_every_kind(payload)
    seen: list[str] = []
    async with replayed(a_file(tmp_path, events), size=(160, 40)) as (app, pilot):
        for key in PLACES:
            await press(app, pilot, key)
            assert app.is_running
            seen += [row for screen in app.screen_stack for row in lines_of(screen)]
    assert not drives_a_terminal("\n".join(seen))
    assert any("[red]m" in row for row in seen)
