"""Commands that only look, while some of the hosts can not be reached."""

import json

import pytest

from backstaff.cli.reporting import show_in_a_line
from backstaff.errors import HostUnreachable
from tests.cli.project import Project
from tests.fakes.faults import Connecting
from tests.fakes.hosts import Datacentre

TOLD = "h2: connection refused (fix: check that sshd runs)"
COMMANDS = [
    "app version",
    "app details",
    "app containers",
    "app stale_containers",
    "app logs",
    "proxy details",
    "proxy logs",
    "plan -P --version v2",
]


def without(project: Project, *hosts: str, how: Connecting = Connecting.REFUSED) -> Project:
    """The project while these hosts can not be used."""

    def set_scene(datacentre: Datacentre) -> None:
        for host in hosts:
            datacentre[host].connecting = how

    project.servers.set = set_scene
    return project


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_host_that_is_down_is_told_in_a_line_and_is_the_exit_code(project: Project, command: str) -> None:
    result = without(project, "h2").run(*command.split())
    assert result.code == 4
    assert result.err.splitlines() == [TOLD]


@pytest.mark.parametrize("command", COMMANDS)
def test_where_no_host_is_left_there_is_no_answer(project: Project, command: str) -> None:
    result = without(project, "h1", "h2").run(*command.split())
    assert result.code == 4
    assert ": 2 hosts can not be used" in result.err
    assert (result.out == "") is not command.startswith("plan")


def test_hosts_that_need_different_things_are_each_told_theirs(project: Project) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].connecting = Connecting.NO_LOGIN
        datacentre["h2"].connecting = Connecting.NO_DOCKER

    project.servers.set = set_scene
    result = project.run("app", "version")
    assert result.code == 4
    assert result.err.splitlines() == [
        "h2, h1: 2 hosts can not be used",
        "  h2: Docker is not installed",
        "  h1: permission denied",
        "  fix: h2: install `docker`",
        "       h1: add a key on h1",
    ]


def test_the_versions_of_the_others_are_shown(project: Project) -> None:
    result = without(project, "h2").run("app", "version")
    heading, *rows = table(result.out)
    assert heading == ["host", "role", "version", "state"]
    assert sorted(rows) == [
        ["h1", "web", "v1", "running"],
        ["h2", "job", "unreachable"],
        ["h2", "web", "unreachable"],
    ]


def test_rows_keep_their_order_whoever_is_down(project: Project) -> None:
    whole = [row[:2] for row in table(project.run("app", "version").out)]
    for host in ("h1", "h2"):
        rows = [row[:2] for row in table(without(project, host).run("app", "version").out)]
        assert rows == whole


def test_the_version_on_a_host_that_is_down_is_unknown_to_programs(project: Project) -> None:
    result = without(project, "h1").run("app", "version", "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    seen = {f"{row['role']}@{row['host']}": (row["version"], row["state"]) for row in rows}
    assert seen == {
        "web@h1": (None, "unreachable"),
        "web@h2": ("v1", "running"),
        "job@h2": ("v1", "running"),
    }


@pytest.mark.parametrize("command", ["details", "containers", "stale_containers"])
def test_containers_of_a_host_that_is_down_are_a_row_for_each_role(project: Project, command: str) -> None:
    result = without(project, "h2").run("app", command)
    away = [row for row in table(result.out) if row[0] == "h2"]
    assert away == [["h2", "web", "unreachable"], ["h2", "job", "unreachable"]]
    assert ("app-web-v1" in result.out) is (command != "stale_containers")


def test_a_proxy_that_could_not_be_asked_keeps_its_place(project: Project) -> None:
    result = without(project, "h1").run("proxy", "details", "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["host"], row["state"]) for row in rows] == [("h1", "unreachable"), ("h2", "running")]


def test_the_logs_of_the_others_are_shown(project: Project) -> None:
    result = without(project, "h1").run("app", "logs", "-T")
    assert sorted(result.out.splitlines()) == ["h2 job  starting", "h2 web  starting"]


def test_only_the_pairs_of_the_host_that_is_down_are_unknown_to_the_plan(project: Project) -> None:
    out = without(project, "h2").run("plan", "--version", "v2").out
    assert sorted(row[:3] for row in table(out) if "->" in row and row[0] in {"h1", "h2"}) == [
        ["h1", "web", "v1"],
        ["h2", "job", "unknown"],
        ["h2", "web", "unknown"],
    ]


def test_a_version_to_roll_back_to_is_not_found_without_all_hosts(project: Project) -> None:
    result = without(project, "h2").run("plan", "--for", "rollback")
    assert (result.code, result.out) == (4, "")


def test_docker_that_can_not_be_used_is_told_as_what_it_is(project: Project) -> None:
    result = without(project, "h2", how=Connecting.NO_DOCKER).run("app", "version")
    assert result.code == 1
    assert result.err.splitlines() == ["h2: Docker is not installed (fix: install `docker`)"]
    assert ["h1", "web", "v1", "running"] in table(result.out)


@pytest.mark.parametrize("command", ["app stop", "app start --version v1", "proxy boot"])
def test_what_changes_hosts_needs_all_of_them(project: Project, command: str) -> None:
    result = without(project, "h2").run(*command.split())
    assert result.code == 4
    assert not project.servers.datacentre["h1"].history


def test_what_to_do_about_a_host_that_is_down_is_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_in_a_line(HostUnreachable("no answer", where="h2", evidence=["tried twice"], fix="see\nsshd"))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("h2: no answer (fix: see")


def test_the_lock_needs_its_host(project: Project) -> None:
    assert without(project, "h1").run("lock", "status").code == 4
