"""Hosts that fail in the middle of a boot: every run ends by its bound, says why, and frees the lock or
tells how to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backstaff.events.facts import PairState
from tests.lab import Lab, LabHost
from tests.lab.deploys.moments import reaches
from tests.lab.deploys.project import Project, Result, a_project
from tests.lab.deploys.seen import get, locked, running

QUICK = {"connect": 3, "silence": 4, "docker": 4, "release": 4, "start": 5, "proxy_grace": 2, "command": 5}


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    """`v1` runs on h1 (which has the lock) and h2, its job on h3; `slow` takes long to become healthy."""
    lab.app_image("v1")
    lab.app_image("slow", mode="slow:60")
    project = a_project(
        lab, tmp_path, web=["h1", "h2"], job=["h3"], deploy_timeout=30, own={"timeouts": QUICK}
    )
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    return project


def deploy_and(project: Project, hosts: list[LabHost], fault: Callable[[LabHost], None]) -> Result:
    """Deploy `slow`, and let the fault strike while the web hosts are checked."""
    with project.start("deploy", "-P", "--version", "slow") as deploy:
        for host in hosts:
            deploy.wait_until(reaches("web", PairState.CHECKING, host.name), f"the check on {host.name}")
        for host in hosts:
            fault(host)
        return deploy.ended(timeout_s=60)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (LabHost.freeze_docker, "Docker does not answer"),
        (LabHost.kill_sshd, "the connection was lost"),
        (LabHost.cut_link, "the connection was lost: the host no longer answers"),
        (LabHost.stop_docker, ""),
    ],
    ids=["docker-frozen", "sshd-killed", "link-cut", "docker-stopped"],
)
def test_when_all_web_hosts_fail_nobody_waits_for_them(
    lab: Lab, project: Project, fault: Callable[[LabHost], None], cause: str
) -> None:
    h1, h2, h3, _ = lab.hosts

    result = deploy_and(project, [h1, h2], fault)

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED boot of web on h1")
    assert f" cause {cause}" in result.card, result.card
    assert running(h3) == {"app-job-v1"}
    for host in (h1, h2):
        host.heal()
    if locked(h1):
        release = result.out.partition("release it with: ")[2].splitlines()[0]
        assert project.run_printed(release).out == "Released the deploy lock.\n"
    assert not locked(h1)
    if fault is not LabHost.stop_docker:
        assert get(h1) == get(h2) == (200, "v1 app-web-v1")


def test_a_single_lost_web_host_does_not_stop_the_others(lab: Lab, tmp_path: Path) -> None:
    for version, mode in (("v1", "healthy"), ("v2", "slow:2")):
        lab.app_image(version, mode=mode)
    project = a_project(
        lab, tmp_path, web=["h1", "h2"], job=["h3"], deploy_timeout=10, own={"timeouts": QUICK}
    )
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    h1, h2, h3, _ = lab.hosts

    with project.start("deploy", "-P", "--version", "v2") as deploy:
        deploy.wait_until(reaches("web", PairState.CHECKING, "h2"), "the check on h2")
        h2.kill_sshd()
        result = deploy.ended(timeout_s=60)

    assert result.code == 1
    assert "h2" in result.card
    assert running(h1) == {"app-web-v2"}
    assert running(h3) == {"app-job-v2"}
    assert not locked(h1)
    assert "lock released" in result.card
