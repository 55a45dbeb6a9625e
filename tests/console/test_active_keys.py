from backstaff.console.active_keys import ActiveKey, active_keys, key_places
from backstaff.console.keymap import keymap_file
from tests.console.stand import Hosts, Lines, Stand


def described(keys: tuple[ActiveKey, ...]) -> list[str]:
    return [f"{' '.join(key.keys)}: {key.description}" for key in keys]


async def test_keys_of_one_action_are_one_entry_from_the_focus_outwards() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        keys = described(active_keys(app.screen))
        assert keys[:4] == [
            "enter: look",
            "j ↓: next host",
            "y: copy the container's name",
            "r: retry what has failed",
        ]
        assert keys.index("c: cancel") > keys.index("tab: Focus Next") > 3


async def test_a_rebound_key_keeps_its_place() -> None:
    keymap_file().parent.mkdir(parents=True)
    keymap_file().write_text("hosts.look: f5\n")
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.pause()
        assert described(active_keys(app.screen))[0] == "f5: look"


async def test_a_place_that_is_there_twice_is_told_once() -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        await app.screen.mount(Lines("more"), Hosts("more"))
        app.query(Hosts).first().focus()
        await pilot.pause()
        assert [place.title for place in key_places(app.screen)].count("lines") == 1
        assert [place.title for place in key_places(app.screen)].count("hosts") == 1
