"""Hooks: when they run, what they are told, and what a failing one stops."""

import sys
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.deploys.project import DB_PASSWORD, EMAIL, Project, a_project
from tests.lab.deploys.seen import everything, locked, running

NAMES = ("pre-connect", "pre-build", "pre-deploy", "pre-app-boot", "post-app-boot", "post-deploy")
TOLD = (
    'echo "$(basename "$0")|$KAMAL_COMMAND|$KAMAL_VERSION|$KAMAL_SERVICE_VERSION|$KAMAL_HOSTS|$KAMAL_ROLES'
    '|$KAMAL_LOCK|$KAMAL_PERFORMER|${KAMAL_RUNTIME:+timed}|${DB_PASSWORD:+secrets}" >> "$HOME/hooks.log"'
)


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    lab.app_image("v1")
    project = a_project(lab, tmp_path, web=["h1", "h2"], boot={"limit": 1})
    for name in NAMES:
        project.hook(name, TOLD)
    return project


def log_of(project: Project) -> list[str]:
    log = project.home / "hooks.log"
    return log.read_text().splitlines() if log.exists() else []


def test_hooks_run_in_order_and_know_the_run(project: Project) -> None:
    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out + result.err

    def line(name: str, hosts: str, lock: str, rest: str) -> str:
        return f"{name}|deploy|v1|app@v1|{hosts}||{lock}|{EMAIL}|{rest}"

    assert log_of(project) == [
        line("pre-connect", "h1,h2", "false", "|secrets"),
        line("pre-deploy", "h1,h2", "true", "|secrets"),
        line("pre-app-boot", "h1", "true", "|"),
        line("post-app-boot", "h1", "true", "|"),
        line("pre-app-boot", "h2", "true", "|"),
        line("post-app-boot", "h2", "true", "|"),
        line("post-deploy", "h1,h2", "false", "timed|secrets"),
    ]


def test_a_failing_pre_deploy_hook_ends_the_run_with_nothing_changed(lab: Lab, project: Project) -> None:
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    lab.app_image("v2")
    project.hook("pre-deploy", 'echo "not on a Friday, $DB_PASSWORD"\nexit 7')

    result = project.run("deploy", "-P", "--version", "v2")

    assert result.code == 1
    assert "hook pre-deploy ended with status 7" in result.card
    assert "not on a Friday, [REDACTED]" in result.card
    assert "--skip-hooks" in result.card
    assert DB_PASSWORD not in result.out
    assert [running(host) for host in lab.hosts[:2]] == [{"app-web-v1"}] * 2
    assert not any(map(locked, lab.hosts))

    skipped = project.run("deploy", "-P", "-H", "--version", "v2")

    assert skipped.code == 0
    assert [running(host) for host in lab.hosts[:2]] == [{"app-web-v2"}] * 2


def test_a_failing_pre_connect_hook_leaves_the_hosts_alone(lab: Lab, project: Project) -> None:
    before = [everything(host) for host in lab.hosts]
    project.hook("pre-connect", "exit 1")

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert "hook pre-connect ended with status 1" in result.card
    assert [everything(host) for host in lab.hosts] == before
    assert log_of(project) == []


def test_a_hook_that_can_not_be_run_says_how_to_mend_it(project: Project) -> None:
    (project.directory / ".kamal/hooks/pre-deploy").chmod(0o644)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert "hook pre-deploy is not executable" in result.card
    assert "chmod +x" in result.card


def test_a_hook_that_calls_backstaff_shares_the_lock(lab: Lab, project: Project) -> None:
    project.hook("post-app-boot", f'"{sys.executable}" -m backstaff app version > "$HOME/nested.txt"')

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    assert "v1" in (project.home / "nested.txt").read_text()
