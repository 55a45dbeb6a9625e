"""`app logs` and `proxy logs`, as what reads them sees them."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.project import Project
from tests.fakes.apps import App
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre


def later(seconds: float, what: Callable[[Datacentre], None]) -> Callable[[Datacentre], None]:
    """Let it happen to the servers a while after the first connection."""
    return lambda datacentre: _later(seconds, lambda: what(datacentre))


def _later(seconds: float, what: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, what)


def lose(host: str) -> Callable[[Datacentre], None]:
    def cut(datacentre: Datacentre) -> None:
        for wire in datacentre[host].wires:
            wire.lose("reset by peer")

    return cut


def say(datacentre: Datacentre, host: str, text: str) -> None:
    for container in datacentre[host].containers.values():
        container.say(text)


def end(datacentre: Datacentre) -> None:
    for server in datacentre.servers.values():
        for container in server.containers.values():
            container.stop(0, lambda: None)


def test_logs_name_host_and_role(project: Project) -> None:
    result = project.run("app", "logs", "-T")
    assert result.code == 0
    assert sorted(result.out.splitlines()) == ["h1 web  starting", "h2 job  starting", "h2 web  starting"]


def test_a_host_that_is_lost_while_its_log_is_followed_is_told_at_once_and_the_others_go_on(
    project: Project,
) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        _later(0.3, lambda: lose("h1")(datacentre))
        _later(0.5, lambda: say(datacentre, "h2", "after it"))
        _later(0.7, lambda: end(datacentre))

    project.servers.set = set_scene
    result = project.run("app", "logs", "-f", "--json")
    assert result.code == 1
    assert result.err.count("h1: ") == 1
    assert "reset by peer" in result.err
    assert "deploy" not in result.err
    assert "to read on once h1 answers: the same with -h h1" in result.err
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert {each["host"] for each in lines if each["text"] == "after it"} == {"h2"}


def test_following_ends_well_when_all_containers_have_ended(project: Project) -> None:
    project.servers.set = later(0.3, end)
    assert project.run("app", "logs", "-f").code == 0


def test_a_log_that_never_ends_to_come_is_given_up(project: Project) -> None:
    project.add("x-backstaff:\n  timeouts:\n    docker: 0.5\n")
    project.servers.set = lambda datacentre: datacentre["h1"].goes_wrong(Fault("logs", Kind.HANG))
    result = project.run("app", "logs", "-T")
    assert result.code == 1
    assert "h1: docker logs" in result.err
    assert sorted(result.out.splitlines()) == ["h2 job  starting", "h2 web  starting"]


def test_following_stops_once_nobody_reads(project: Project) -> None:
    def chatter(datacentre: Datacentre) -> None:
        say(datacentre, "h1", "more")
        _later(0.1, lambda: chatter(datacentre))

    project.servers.set = later(0.2, chatter)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        result = project.run("app", "logs", "-f", stdout=out)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        ("app", "logs"),
        ("app", "logs", "-f"),
        ("app", "version"),
        ("config",),
        ("version",),
        ("plan", "-P", "--version", "v2"),
    ],
)
def test_an_answer_that_can_not_be_written_is_a_failure_and_no_traceback(
    project: Project, command: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w") as full:
        result = project.run(*command, stdout=full)
    assert result.code == 1
    assert result.err == "the output could not be written: No space left on device\n"


def test_a_container_of_a_host_that_runs_an_accessory_only_is_found(project: Project) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["db1"]
        server.add_image("postgres:16")
        server.create("app-db", "postgres:16", {}, App(says=("ready to accept connections",))).start()

    project.servers.set = set_scene
    result = project.run("app", "logs", "-h", "db1", "--container-id", "app-db", "-T")
    assert (result.code, result.out) == (0, "db1  ready to accept connections\n")
    assert project.servers.connections == ["db1"]


def test_a_container_that_no_selected_host_has_is_refused(project: Project) -> None:
    result = project.run("app", "logs", "-h", "h1,h2", "--container-id", "app-db")
    assert result.code == 2
    assert "there is no container app-db on h1 and h2" in result.err


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("app", "version"), "no role runs on db1"),
        (("app", "logs"), "no role runs on db1"),
        (("app", "details"), "no role runs on db1"),
        (("app", "stop"), "no role runs on db1"),
        (("rollback",), "no role runs on db1"),
        (("proxy", "logs"), "no proxy is needed on db1, so there is no output"),
    ],
    ids=" ".join,
)
def test_hosts_that_a_command_has_nothing_to_do_with_are_refused(
    project: Project, command: tuple[str, ...], sentence: str
) -> None:
    result = project.run(*command, "-h", "db1")
    assert result.code == 2
    assert result.out == ""
    assert sentence in result.err
    assert project.servers.connections == []


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("app details -h h1", "There are no running containers of web on h1.\n"),
        ("app containers -r job", "There are no containers of job on h2.\n"),
        ("app stale_containers -r job", "There are no stale containers of job on h2.\n"),
        ("proxy details -h db1", "No proxy is needed on db1.\n"),
    ],
)
def test_an_empty_answer_names_what_was_looked_at(project: Project, command: str, answer: str) -> None:
    project.servers.old = ""
    result = project.run(*command.split())
    assert (result.code, result.out) == (0, answer)
