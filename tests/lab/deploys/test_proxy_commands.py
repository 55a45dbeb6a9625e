"""Hosts reached through a proxy command: it carries the whole run, ends with it, is quoted if it fails."""

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from backstaff.events.facts import PairState, Phase
from tests.lab import Lab
from tests.lab.deploys.moments import begins, reaches
from tests.lab.deploys.project import Project, Result, a_project
from tests.lab.deploys.seen import everything, get, locked, running
from tests.lab.processes import ProcessRecord
from tests.lab.waiting import wait_until

QUICK = {"timeouts": {"connect": 2, "silence": 4, "docker": 4, "release": 4, "command": 5}}
NOTED = 'echo "$$ %r %h %p" >>{notes}; '
"""Start of a command: notes the shell that stays, and the tokens."""
SILENT = "echo still knocking >&2; (sleep 600 & echo $! >>{notes}; wait)"


class Command:
    """A proxy command, and what it has noted about its processes."""

    def __init__(self, root: Path, line: str) -> None:
        self.notes = root / "notes"
        self.line = (NOTED + line).replace("{notes}", str(self.notes))

    def project(self, lab: Lab, root: Path, hosts: Sequence[str]) -> Project:
        ssh = {"config": str(lab.ssh_config), "proxy_command": self.line}
        return a_project(lab, root, web=hosts, ssh=ssh, own=QUICK)

    @property
    def noted(self) -> list[list[str]]:
        text = self.notes.read_text() if self.notes.exists() else ""
        return [line.split() for line in text.splitlines()]

    @property
    def alive(self) -> list[str]:
        """Which of its processes are still there."""
        return [pid for pid, *_ in self.noted if ProcessRecord.of(int(pid))]


@pytest.fixture(autouse=True)
def _versions(lab: Lab) -> None:
    lab.app_image("v1")
    lab.app_image("slow", mode="slow:60")


def through_h4(lab: Lab, root: Path) -> Command:
    """A way through h4, the only one there is."""
    gate = lab.hosts[3]
    for host in lab.hosts[:2]:
        host.admit_ssh_from(gate.address)
    return Command(root, f"ssh -F {lab.ssh_config} -W %h:%p h4; true")


def deploy(project: Project, version: str = "v1") -> Result:
    return project.run("deploy", "-P", "--version", version, timeout_s=60)


def test_a_deploy_goes_through_a_proxy_command(lab: Lab, tmp_path: Path) -> None:
    command = through_h4(lab, tmp_path)
    h1, h2 = lab.hosts[:2]

    result = deploy(command.project(lab, tmp_path, ["h1", "h2"]))

    assert result.code == 0, result.out
    assert get(h1) == get(h2) == (200, "v1 app-web-v1")
    assert sorted(tokens for _, *tokens in command.noted) == [
        ["root", h1.address, "22"],
        ["root", h2.address, "22"],
    ]
    assert h1.ssh.logins()[-1] == h2.ssh.logins()[-1] == ("root", lab.hosts[3].address)
    assert command.alive == []


def test_a_proxy_command_that_talks_tcp_is_enough(lab: Lab, tmp_path: Path) -> None:
    command = Command(tmp_path, "exec busybox nc %h %p")

    result = deploy(command.project(lab, tmp_path, ["h1"]))

    assert result.code == 0, result.out
    assert get(lab.hosts[0]) == (200, "v1 app-web-v1")
    assert command.alive == []


@pytest.mark.parametrize(
    ("line", "cause", "words"),
    [
        ("echo no tunnel >&2; exit 3", "its proxy command ended with status 3", "no tunnel"),
        ("nonesuch %h", "its proxy command ended with status 127", "nonesuch: not found"),
        (SILENT, "nothing came through its proxy command within 2 s", "still knocking"),
        ("kill -9 $$", "its proxy command was killed by signal 9", ""),
    ],
    ids=["exits", "not-found", "silent", "killed"],
)
def test_a_proxy_command_that_fails_is_quoted_before_anything_is_changed(
    lab: Lab, tmp_path: Path, line: str, cause: str, words: str
) -> None:
    command = Command(tmp_path, line)
    project = command.project(lab, tmp_path, ["h1"])
    before = everything(lab.hosts[0])

    result = deploy(project)

    assert result.code == 4, result.out
    assert "connect" in result.headline
    assert result.headline.endswith(" h1")
    assert cause in result.card
    assert line.split(";")[-1].replace("%h", lab.hosts[0].address).strip() in result.card
    assert words in result.card
    assert everything(lab.hosts[0]) == before
    assert command.alive == []


def test_a_proxy_command_that_answers_nothing_ends_with_ctrl_c(lab: Lab, tmp_path: Path) -> None:
    command = Command(tmp_path, SILENT)
    project = command.project(lab, tmp_path, ["h1"])

    with project.start("deploy", "-P", "--version", "v1") as running_deploy:
        running_deploy.wait_until(begins(Phase.CONNECT), "the first connection")
        wait_until(lambda: len(command.noted) == 2, "the proxy command")
        running_deploy.send(signal.SIGINT)
        result = running_deploy.ended(timeout_s=30)

    assert result.code == 130, result.out
    assert command.alive == []


def test_after_ctrl_c_the_run_still_ends_well_through_its_proxy_commands(lab: Lab, tmp_path: Path) -> None:
    command = through_h4(lab, tmp_path)
    project = command.project(lab, tmp_path, ["h1"])
    assert deploy(project).code == 0

    with project.start("deploy", "-P", "--version", "slow") as running_deploy:
        running_deploy.wait_until(reaches("web", PairState.CHECKING), "the check")
        assert len(command.alive) == 1
        running_deploy.send(signal.SIGINT)
        result = running_deploy.ended(timeout_s=40)

    assert result.code == 130, result.out
    assert not locked(lab.hosts[0])
    assert running(lab.hosts[0]) == {"app-web-v1"}
    assert command.alive == []


def test_a_second_ctrl_c_leaves_no_proxy_command_behind(lab: Lab, tmp_path: Path) -> None:
    command = Command(tmp_path, "trap '' TERM; " + SILENT)
    project = command.project(lab, tmp_path, ["h1"])

    with project.start("deploy", "-P", "--version", "v1") as running_deploy:
        wait_until(lambda: len(command.noted) == 2, "the proxy command")
        running_deploy.send(signal.SIGINT)
        running_deploy.send(signal.SIGINT)
        result = running_deploy.ended(timeout_s=30)

    assert result.code == 130, result.out
    wait_until(lambda: command.alive == [], "the end of the proxy command")


def test_a_proxy_command_that_ends_in_the_middle_is_a_lost_connection(lab: Lab, tmp_path: Path) -> None:
    command = through_h4(lab, tmp_path)
    project = command.project(lab, tmp_path, ["h1"])

    with project.start("deploy", "-P", "--version", "slow") as running_deploy:
        running_deploy.wait_until(reaches("web", PairState.CHECKING), "the check")
        lab.hosts[3].kill_sshd()
        result = running_deploy.ended(timeout_s=60)

    assert result.code == 1, result.out
    assert "the connection was lost: its proxy command said" in result.card
    assert command.alive == []
