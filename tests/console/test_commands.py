from textual.command import CommandInput, CommandList, CommandPalette
from textual.pilot import Pilot

from backstaff.console.commands import Offer
from tests.console.stand import Hosts, Stand


async def open_palette(pilot: Pilot[None], typed: str = "") -> list[tuple[str, str]]:
    """Title and help of what the palette shows."""
    pilot.app.query_one(Hosts).focus()
    await pilot.press("ctrl+p")
    if typed:
        pilot.app.screen.query_one(CommandInput).value = typed
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    commands = pilot.app.screen.query_one(CommandList).options
    shown = [str(command.prompt).partition("\n") for command in commands]
    return [(title, about) for title, _, about in shown]


async def test_what_every_key_does_is_a_command_with_its_key() -> None:
    async with Stand({}).run_test() as pilot:
        shown = await open_palette(pilot)
        assert shown[:3] == [
            ("look", "key enter"),
            ("copy the container's name", "key y"),
            ("retry what has failed", "key r"),
        ]
        assert {"cancel", "zoom", "keys", "next host"} <= {title for title, _ in shown}


async def test_a_chosen_command_does_what_its_key_does() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        await open_palette(pilot, "container's name")
        await pilot.press("enter")
        await pilot.pause()
        assert app.done == ["copy"]
        assert not isinstance(app.screen, CommandPalette)


async def test_themes_are_offered_but_for_the_one_in_use() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        titles = [title for title, _ in await open_palette(pilot, "theme:")]
        assert titles == ["theme: backstaff-light", "theme: backstaff-ansi", "theme: backstaff-contrast"]
        await pilot.press("enter")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.theme == "backstaff-light"


async def test_without_colours_there_are_no_themes_to_choose() -> None:
    async with Stand({"NO_COLOR": "1"}).run_test() as pilot:
        titles = [title for title, _ in await open_palette(pilot)]
        assert not any(title.startswith("theme") for title in titles)


async def test_the_app_offers_more_and_its_words_are_never_markup() -> None:
    gone: list[str] = []
    hosts = [
        Offer(f"go to host {name}", f"[b]{name}", lambda: gone.append("h[1]")) for name in ("h[1]", "h2")
    ]
    async with Stand({}, offered=hosts).run_test() as pilot:
        assert ("go to host h[1]", "[b]h[1]") in await open_palette(pilot)
        await pilot.press("escape")
        assert (await open_palette(pilot, "h[1]"))[0] == ("go to host h[1]", "[b]h[1]")
        await pilot.press("enter")
        await pilot.pause()
        assert gone == ["h[1]"]
