from datetime import UTC

import pytest

from backstaff.console.commands_view import CommandEntry, CommandsView, command_entry
from backstaff.console.line_store import LineStore, Scope
from backstaff.events.types import CommandRun, Event
from tests.console.lines import SIZES, START, Showing, status, texts, typed


def a_command(
    line: str,
    *,
    host: str = "h1",
    status: int | None = 0,
    took_s: float = 0.3,
    error: str = "",
    mutates: bool = False,
) -> CommandEntry:
    body = CommandRun(line=line, host=host, status=status, took_s=took_s, error=error, mutates=mutates)
    return command_entry(Event(seq=1, at=START, t=4.0, body=body), body)


def a_view(*entries: CommandEntry) -> tuple[Showing, CommandsView]:
    store: LineStore[CommandEntry] = LineStore()
    store.extend(entries)
    view = CommandsView(store, zone=UTC)
    return Showing(view), view


@pytest.mark.parametrize("size", SIZES)
async def test_a_command_says_where_how_it_ended_how_long_it_took_and_what_it_was(
    size: tuple[int, int],
) -> None:
    app, view = a_view(
        a_command("docker ps"),
        a_command("docker start x", host="h2", status=1, took_s=61, error="no image", mutates=True),
        a_command("docker pull x", status=None, took_s=3_600),
    )
    async with app.run_test(size=size) as pilot:
        await pilot.press("t")
        assert texts(view) == [
            "h1 ok             0.3 s  read  docker ps",
            "h2 exit 1        61.0 s  write docker start x  # no image",
            "h1 no status  3,600.0 s  read  docker pull x",
        ]


async def test_an_empty_list_says_so() -> None:
    app, view = a_view()
    async with app.run_test(size=(60, 15)):
        assert texts(view) == ["no commands yet"]


async def test_a_command_is_copied_as_shell_without_what_came_of_it() -> None:
    app, _ = a_view(a_command("docker ps"), a_command("docker start x", status=1, error="no such image"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("k", "y")
        await pilot.press("v", "k", "y")
        await pilot.pause()
        assert app.copied == ["docker start x", "docker ps\ndocker start x"]


async def test_a_script_is_copied_with_its_line_ends_and_shown_on_one_row() -> None:
    app, view = a_view(a_command("set -e\necho \x1b[31mx\tdone"))
    async with app.run_test(size=(80, 24)) as pilot:
        assert texts(view)[0].endswith("read  set -e echo x   done")
        await pilot.press("y")
        await pilot.pause()
        assert app.copied == ["set -e\necho x done"]


async def test_commands_of_a_host_belong_to_each_of_its_roles() -> None:
    app, view = a_view(a_command("docker ps"), a_command("docker info", host="h2"))
    async with app.run_test(size=(80, 24)) as pilot:
        view.show(Scope("h2", "web"))
        await pilot.pause()
        assert [row.split()[-2:] for row in texts(view)] == [["docker", "info"]]
        assert status(view) == "following  1 line"


async def test_errors_are_found_as_well() -> None:
    app, view = a_view(a_command("docker ps"), a_command("docker start x", status=1, error="no such image"))
    async with app.run_test(size=(80, 24)) as pilot:
        await typed(pilot, "&", "no such")
        assert len(texts(view)) == 1
