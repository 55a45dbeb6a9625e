"""What an operator can ask of a session: again, the output of a container, the journal."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from backstaff.console.session import FollowedLine
from backstaff.engine.questions import HostKeyQuestion, KeyPurpose
from backstaff.errors import BackstaffError, UsageError
from backstaff.events.types import PhaseStarted
from backstaff.hosts.ssh_login import AskAboutKey
from tests.cli.consoles import Consoles, FakeConsole
from tests.cli.project import Project, Result, Servers
from tests.fakes.apps import HEALTHY, NEVER_READY
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import lock_held

BOOT = ("deploy", "--skip-push", "--version", "v2")


@pytest.fixture
def consoles(monkeypatch: pytest.MonkeyPatch) -> Consoles:
    return Consoles(monkeypatch)


def web_fails_on_h2(project: Project) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].apps["web:v2"] = NEVER_READY

    project.add("deploy_timeout: 3\n")
    project.servers.set = set_scene


def mended(project: Project) -> None:
    for server in project.servers.datacentre.servers.values():
        for name in server.apps:
            server.apps[name] = HEALTHY


def test_retrying_does_again_what_is_not_done_as_a_run_of_its_own(
    project: Project, consoles: Consoles
) -> None:
    asked = project.directory / "asked"
    project.write(".kamal/secrets", f"REGISTRY_PASSWORD=$(echo x >> {asked}; echo hunter22)")

    async def again(console: FakeConsole) -> None:
        assert await console.play() == 1
        mended(project)
        project.servers.connections.clear()
        assert await console.retry() == 0

    web_fails_on_h2(project)
    consoles.follow(again)
    result = project.run(*BOOT)
    assert result.code == 0, result.out
    assert sorted(project.servers.connections) == ["db1", "h1", "h2"]
    assert asked.read_text() == "x\n"
    first, second = consoles.only.boards
    assert first.run is not None
    assert second.run is not None
    assert first.run.run != second.run.run
    assert second.run.argv == ("deploy", "--resume", first.run.run)
    booted = [pair.key for pair in second.pairs.values() if pair.group]
    assert sorted(booted) == ["job@h2", "web@h2"]
    journals = [info.journal for info in consoles.only.infos]
    assert len({*journals}) == 2
    assert all(journal is not None and journal.exists() for journal in journals)
    assert result.out.count("DONE") == 1
    assert "FAILED" not in result.out
    assert not lock_held(project.servers.datacentre["h2"])


def test_retrying_a_run_of_which_nothing_was_done_does_all_of_it(
    project: Project, consoles: Consoles
) -> None:
    async def again(console: FakeConsole) -> None:
        await console.play()
        mended(project)
        await console.retry()

    def set_scene(datacentre: Datacentre) -> None:
        for server in datacentre.servers.values():
            server.apps["web:v2"] = NEVER_READY

    project.add("deploy_timeout: 3\n")
    project.servers.set = set_scene
    consoles.follow(again)
    result = project.run(*BOOT)
    assert result.code == 0, result.out
    first, second = consoles.only.boards
    assert first.run is not None
    assert second.run is not None
    assert second.run.argv == ("deploy", "--resume", first.run.run)
    assert all(pair.group for pair in second.pairs.values())


def test_what_was_done_two_runs_ago_is_still_known_when_the_one_between_got_nowhere(
    project: Project, consoles: Consoles
) -> None:
    hook = project.directory / ".kamal/hooks/pre-connect"

    async def again(console: FakeConsole) -> None:
        await console.play()
        mended(project)
        project.write(".kamal/hooks/pre-connect", "#!/bin/sh\nexit 1\n", executable=True)
        assert await console.retry() == 1
        hook.unlink()
        assert await console.retry() == 0

    web_fails_on_h2(project)
    consoles.follow(again)
    assert project.run(*BOOT).code == 0
    booted = [pair.key for pair in consoles.only.boards[2].pairs.values() if pair.group]
    assert sorted(booted) == ["job@h2", "web@h2"]


def test_there_is_one_run_at_a_time(project: Project, consoles: Consoles) -> None:
    refused: list[BackstaffError] = []

    async def again(console: FakeConsole) -> None:
        await console.play_until(lambda body: isinstance(body, PhaseStarted))
        try:
            await console.retry()
        except UsageError as error:
            refused.append(error)

    consoles.follow(again)
    assert project.run(*BOOT).code == 0
    assert [error.what for error in refused] == ["the run still goes on"]


def followed(
    project: Project,
    consoles: Consoles,
    read: Callable[[FakeConsole], Awaitable[None]],
) -> Result:
    """A deploy whose console reads something at its end."""

    async def play_and_read(console: FakeConsole) -> None:
        await console.play()
        await read(console)

    consoles.follow(play_and_read)
    return project.run(*BOOT)


def test_a_host_key_is_asked_about_for_what_is_connected(
    project: Project, consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks: list[AskAboutKey] = []

    def connector(*_: object, ask: AskAboutKey, **__: object) -> Servers:
        asks.append(ask)
        return project.servers

    async def play_and_ask(console: FakeConsole) -> None:
        await console.play()
        console.session.follow("h1", "web", "app-web-v2")
        for number, ask in enumerate(asks):
            assert await ask(f"h{number}", "SHA256:aaaa", "~/.ssh/hosts")

    monkeypatch.setattr("backstaff.cli.connecting.SshConnector", connector)
    consoles.follow(play_and_ask)
    assert project.run(*BOOT).code == 0
    assert consoles.only.asked == [
        HostKeyQuestion("h0", "SHA256:aaaa", "~/.ssh/hosts", KeyPurpose.RUN),
        HostKeyQuestion("h1", "SHA256:aaaa", "~/.ssh/hosts", KeyPurpose.FOLLOW),
    ]


def test_without_a_container_there_is_nothing_to_follow_and_no_host_is_asked(
    project: Project, consoles: Consoles
) -> None:
    errors: list[BackstaffError] = []

    async def read(console: FakeConsole) -> None:
        project.servers.connections.clear()
        try:
            async for _ in console.session.follow("h1", "web", ""):
                raise AssertionError("there is nothing to read")
        except BackstaffError as error:
            errors.append(error)

    assert followed(project, consoles, read).code == 0
    assert [error.what for error in errors] == ["no container of web runs on h1 yet"]
    assert project.servers.connections == []


def test_following_gives_the_last_lines_and_then_new_ones_until_the_container_ends(
    project: Project, consoles: Consoles
) -> None:
    lines: list[FollowedLine] = []

    async def read(console: FakeConsole) -> None:
        container = project.servers.datacentre["h1"].find("app-web-v2")
        assert container is not None
        asyncio.get_running_loop().call_later(0.1, container.say, "password hunter22")
        async for line in console.session.follow("h1", "web", "app-web-v2"):
            lines.append(line)
            if len(lines) == 2:
                container.stop(0, lambda: None)

    assert followed(project, consoles, read).code == 0
    assert [(line.host, line.role, line.text) for line in lines] == [
        ("h1", "web", "starting"),
        ("h1", "web", "password [REDACTED]"),
    ]
    assert all(wire.closed for wire in project.servers.datacentre["h1"].wires)


def test_following_goes_on_beside_the_run_and_ends_with_who_reads(
    project: Project, consoles: Consoles
) -> None:
    async def read(console: FakeConsole) -> None:
        await console.play_until(lambda body: isinstance(body, PhaseStarted) and body.phase == "boot")
        lines = console.session.follow("h1", "web", "app-web-v1")
        async with aclosing(lines):
            assert (await anext(lines)).text == "starting"

    consoles.follow(read)
    assert project.run(*BOOT).code == 0
    assert all(wire.closed for wire in project.servers.datacentre["h1"].wires)


def test_who_follows_and_leaves_the_console_keeps_nothing_open(project: Project, consoles: Consoles) -> None:
    kept: list[object] = []

    async def read(console: FakeConsole) -> None:
        lines = console.session.follow("h1", "web", "app-web-v2")
        await anext(lines)
        kept.append(lines)

    assert followed(project, consoles, read).code == 0
    assert all(wire.closed for wire in project.servers.datacentre["h1"].wires)


def test_what_can_not_be_followed_is_told(project: Project, consoles: Consoles) -> None:
    told: list[BackstaffError] = []

    async def read(console: FakeConsole) -> None:
        try:
            async for _ in console.session.follow("h1", "web", "nonsense"):
                raise AssertionError("there is nothing to read")
        except BackstaffError as error:
            told.append(error)

    assert followed(project, consoles, read).code == 0
    assert "nonsense" in str(told[0])


def test_the_journal_is_copied_beside_the_configuration(project: Project, consoles: Consoles) -> None:
    copies: list[Path] = []

    async def export(console: FakeConsole) -> None:
        journal = console.infos[0].journal
        assert journal is not None
        copies.extend(console.session.export(journal) for _ in range(2))

    assert followed(project, consoles, export).code == 0
    run = consoles.only.boards[0].run
    assert run is not None
    assert [copy.name for copy in copies] == [f"backstaff-{run.run}.jsonl", f"backstaff-{run.run}-2.jsonl"]
    assert all(copy.parent == project.directory for copy in copies)
    journal = consoles.only.infos[0].journal
    assert journal is not None
    assert {copy.read_bytes() for copy in copies} == {journal.read_bytes()}
    assert all(copy.stat().st_mode & 0o777 == 0o600 for copy in copies)


def test_a_shell_is_opened_as_deploy_yml_has_it(project: Project, consoles: Consoles) -> None:
    argv: list[list[str]] = []

    async def shell(console: FakeConsole) -> None:
        argv.append(list(console.session.shell("h1", "app-web-v2")))

    assert followed(project, consoles, shell).code == 0
    assert argv[0][:4] == ["ssh", "-t", "-l", "root"]
    assert "docker exec -it app-web-v2" in argv[0][-1]


def test_what_a_demonstration_can_not_do_it_does_not_offer(project: Project, consoles: Consoles) -> None:
    offered: list[frozenset[str]] = []
    lines: list[str] = []

    async def look(console: FakeConsole) -> None:
        offered.append(console.session.scope)
        await console.play()
        async with aclosing(console.session.follow("h1", "web", "shop-web-v1")) as output:
            lines.append((await anext(output)).text)

    consoles.follow(look)
    assert project.run("demo", "--scenario", "image-missing").code == 1
    assert offered == [frozenset({"follow"})]
    assert lines
    assert list(Path(project.directory.parent).glob("backstaff-fleet-*")) == []
