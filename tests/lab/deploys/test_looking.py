"""Commands that only look. `v1` and then `v2` were deployed once; nothing here changes that."""

import json
import signal
from contextlib import ExitStack

import pytest

from tests.lab import Lab
from tests.lab.deploys.project import Project, Result, a_project
from tests.lab.deploys.seen import everything, get

LOOKS = (
    ("app", "details"),
    ("app", "version"),
    ("app", "containers"),
    ("app", "stale_containers"),
    ("app", "logs"),
    ("proxy", "details"),
    ("proxy", "logs"),
    ("lock", "status"),
    ("plan", "--version", "v3"),
    ("config", "--version", "v3"),
)


@pytest.fixture(scope="module", autouse=True)
def _clean_hosts(lab: Lab) -> None:
    lab.heal()
    lab.wipe()


@pytest.fixture(scope="module")
def project(lab: Lab, _clean_hosts: None, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = a_project(lab, tmp_path_factory.mktemp("project"), web=["h1"], job=["h2"])
    for version in ("v1", "v2"):
        lab.app_image(version)
        assert project.run("deploy", "-P", "--version", version).code == 0
    return project


def records(result: Result) -> list[dict[str, object]]:
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.out.splitlines()]


def rows(result: Result) -> list[list[str]]:
    assert result.code == 0, result.err
    return [line.split() for line in result.lines]


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["plain", "json"])
def test_looking_changes_nothing(lab: Lab, project: Project, more: tuple[str, ...]) -> None:
    before = [everything(host) for host in lab.hosts]
    journals = project.journals

    results: dict[tuple[str, ...], Result] = {}
    for some in (LOOKS[:5], LOOKS[5:]):
        with ExitStack() as stack:
            started = [stack.enter_context(project.start(*command, *more)) for command in some]
            results.update(zip(some, [each.ended() for each in started], strict=True))

    for command, result in results.items():
        assert result.code == 0, (command, result.err)
        if more:
            assert all(isinstance(json.loads(line), dict) for line in result.out.splitlines()), command
        else:
            assert result.lines, command
    assert [everything(host) for host in lab.hosts] == before
    assert project.journals == journals


def test_the_version_of_each_role_is_shown(project: Project) -> None:
    assert rows(project.run("app", "version")) == [
        ["host", "role", "version"],
        ["h1", "web", "v2"],
        ["h2", "job", "v2"],
    ]


def test_containers_are_shown(project: Project) -> None:
    details = records(project.run("app", "details", "--json"))
    web = records(project.run("app", "containers", "--json", "-r", "web"))

    assert [(each["host"], each["name"], each["current"]) for each in details] == [
        ("h1", "app-web-v2", True),
        ("h2", "app-job-v2", True),
    ]
    assert [each["version"] for each in web] == ["v2", "v1"]


def test_the_proxy_is_shown(project: Project) -> None:
    proxies = records(project.run("proxy", "details", "--json"))
    log = project.run("proxy", "logs")

    assert [(each["host"], each["service"], each["serves"]) for each in proxies] == [
        ("h1", "app-web", "running")
    ]
    assert "Target health updated" in log.out


def test_logs_are_shown_by_host_and_role(lab: Lab, project: Project) -> None:
    get(lab.hosts[0], "/%1b%5b31mred")

    result = project.run("app", "logs")
    one = records(project.run("app", "logs", "-r", "job", "-n", "1", "--json"))
    found = project.run("app", "logs", "--grep", "starting version", "-T")

    assert any(line.split()[1:3] == ["h1", "web"] for line in result.lines)
    assert any("tick 1 version v2" in line and line.split()[1:3] == ["h2", "job"] for line in result.lines)
    assert "red" in result.out
    assert "\x1b" not in result.out
    assert [(each["host"], each["role"]) for each in one] == [("h2", "job")]
    assert [line.split()[:2] for line in found.lines] == [["h1", "web"], ["h2", "job"]]


def test_logs_are_followed_until_the_user_has_enough(project: Project) -> None:
    with project.start("app", "logs", "--follow", "-n", "0", "-r", "job") as follow:
        follow.wait_for_output(" version v2")
        follow.wait_for_output(" version v2")
        follow.send(signal.SIGINT)
        result = follow.ended(timeout_s=20)

    assert result.code == 130


def test_a_plan_names_what_would_be_done(project: Project) -> None:
    result = project.run("plan", "--version", "v3")

    assert "h1  web  v2 -> v3" in result.out
    assert "waits until web@h1 is healthy" in " ".join(result.out.split())
    assert "docker pull" in result.out
    assert "kamal-proxy deploy" in result.out
