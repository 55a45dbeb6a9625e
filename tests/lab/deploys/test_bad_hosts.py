"""Hosts that can not be reached or used: the right exit code, a clear card, and nothing changed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import Lab, LabHost, SshSettings
from tests.lab.deploys.project import Project, Result, a_project
from tests.lab.deploys.seen import everything, get, running

QUICK = {"timeouts": {"connect": 2, "silence": 4, "docker": 3}}


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    lab.app_image("v1")
    return a_project(lab, tmp_path, web=["h1", "h2"], own=QUICK)


def deploy(project: Project) -> Result:
    return project.run("deploy", "-P", "--version", "v1", timeout_s=60)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (LabHost.cut_link, "no answer from port 22"),
        (LabHost.kill_sshd, "port 22 refuses connections"),
        (LabHost.change_host_key, "its host key has changed"),
    ],
    ids=["unreachable", "sshd-down", "host-key-changed"],
)
def test_a_host_that_can_not_be_reached_ends_the_run_before_anything_is_changed(
    lab: Lab, project: Project, fault: Callable[[LabHost], None], cause: str
) -> None:
    before = everything(lab.hosts[0])
    fault(lab.hosts[1])

    result = deploy(project)

    assert result.code == 4, result.out
    assert result.card.startswith("FAILED connecting to h2 ")
    assert cause in result.card, result.out
    assert everything(lab.hosts[0]) == before


def test_hosts_that_can_not_be_used_each_have_their_cause_and_their_way_out(lab: Lab, tmp_path: Path) -> None:
    h1, h2, h3, h4 = lab.hosts
    project = a_project(lab, tmp_path, web=["h1", "h2", "h3", "h4"], own=QUICK)
    h1.change_host_key()
    h2.remove_docker()
    h3.kill_sshd()
    h4.remove_docker()

    result = deploy(project)

    assert result.code == 4, result.out
    card = [line.strip() for line in result.lines]
    assert "4 hosts can not be used" in result.card
    assert "evidence h1: its host key has changed: it shows ssh-ed25519 SHA256:" in result.card
    assert "h2 and h4: Docker is not installed" in result.card
    assert f"h3: {h3.address} port 22 refuses connections" in card
    key = f"`ssh-keygen -R '{h1.address}' -f {lab.known_hosts}` and try again"
    assert key in card
    assert "h2 and h4: install it there, for example with `curl -fsSL https://get.docker.com | sh`" in card
    assert any(line.startswith("h3: check that sshd runs there and listens on port 22") for line in card)


def test_a_changed_host_key_is_never_accepted(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    known = tmp_path / "known_hosts"
    shutil.copy(lab.known_hosts, known)
    config = tmp_path / "ssh_config"
    config.write_text(lab.ssh_config.read_text().replace(str(lab.known_hosts), str(known)))
    project = a_project(lab, tmp_path, web=["h1"], ssh={"config": str(config)}, own=QUICK)
    lab.hosts[0].change_host_key()
    before = known.read_text()

    results = [deploy(project), deploy(project)]

    assert [result.code for result in results] == [4, 4]
    assert "SHA256:" in results[0].card
    assert f"{known}:" in results[0].card
    assert known.read_text() == before


def with_empty_known_hosts(lab: Lab, root: Path, policy: str) -> tuple[Project, Path]:
    known = root / "known_hosts"
    config = root / "ssh_config"
    config.write_text(lab.ssh_config.read_text().replace(str(lab.known_hosts), str(known)))
    settings = {**QUICK, "unknown_hosts": policy}
    return a_project(lab, root, web=["h1"], ssh={"config": str(config)}, own=settings), known


def test_an_unknown_host_is_refused_where_that_is_asked_for(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    project, known = with_empty_known_hosts(lab, tmp_path, "refuse")

    result = deploy(project)

    assert result.code == 4
    assert "SHA256:" in result.card
    assert not known.exists()


def test_an_unknown_host_is_written_down_where_that_is_allowed(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    project, known = with_empty_known_hosts(lab, tmp_path, "accept-new")

    result = deploy(project)

    assert result.code == 0, result.out
    assert lab.hosts[0].ssh.public_host_key in known.read_text()


def test_a_login_that_is_refused_names_the_user(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    ssh = {"config": str(lab.ssh_config), "user": "nobody-here"}
    project = a_project(lab, tmp_path, web=["h1"], ssh=ssh, own=QUICK)

    result = deploy(project)

    assert result.code == 4, result.out
    assert "nobody-here" in result.card


def test_a_host_without_docker_is_told(lab: Lab, project: Project) -> None:
    lab.hosts[1].remove_docker()
    before = everything(lab.hosts[0])

    result = deploy(project)

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED deploy in phase connect on h2 ")
    assert "Docker is not installed" in result.card
    assert everything(lab.hosts[0]) == before


def test_a_docker_that_is_down_is_told(lab: Lab, project: Project) -> None:
    lab.hosts[1].stop_docker()

    result = deploy(project)

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED deploy in phase connect on h2 ")
    assert "the Docker daemon is not running" in result.card
    assert "systemctl start docker" in result.card
    assert running(lab.hosts[0]) == set()


def test_a_docker_that_is_frozen_is_told(lab: Lab, project: Project) -> None:
    lab.hosts[1].freeze_docker()

    result = deploy(project)

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED deploy in phase connect on h2 ")
    assert "Docker has not answered for 3 s" in result.card
    assert running(lab.hosts[0]) == set()


def test_a_user_who_may_not_use_docker_is_told(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    lab.hosts[0].add_user("deploy")
    ssh = {"config": str(lab.ssh_config), "user": "deploy"}
    project = a_project(lab, tmp_path, web=["h1"], ssh=ssh)

    result = deploy(project)

    assert result.code == 1, result.out
    assert "the user deploy may not use Docker" in result.card
    assert "usermod -aG docker deploy" in result.card


def test_a_user_of_the_docker_group_deploys(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    home = lab.hosts[0].add_user("deploy", docker=True)
    ssh = {"config": str(lab.ssh_config), "user": "deploy"}
    project = a_project(lab, tmp_path, web=["h1"], ssh=ssh)

    result = deploy(project)

    assert result.code == 0, result.out
    assert get(lab.hosts[0]) == (200, "v1 app-web-v1")
    assert (home / ".kamal/apps/app/env/roles/web.env").exists()


def test_a_server_that_forbids_forwarding_is_deployed_to_all_the_same(lab: Lab, project: Project) -> None:
    for host in lab.hosts[:2]:
        host.configure_sshd(SshSettings(allow_forwarding=False))

    result = deploy(project)

    assert result.code == 0, result.out
    assert [running(host) for host in lab.hosts[:2]] == [{"app-web-v1"}] * 2
