"""Hosts that fail in the middle of a boot: every run ends by its bound, says why, and frees the lock or
tells how to."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backstaff.events.facts import PairState, WaitKind
from tests.lab import Lab, LabHost
from tests.lab.deploys.moments import Moment, is_through, reaches, waits_for
from tests.lab.deploys.project import Project, Result, a_project, settings_of
from tests.lab.deploys.seen import get, locked, running
from tests.lab.waiting import wait_until

QUICK = {"connect": 3, "silence": 4, "docker": 4, "release": 4, "start": 5, "proxy_grace": 2, "command": 5}
STOPPED = "the Docker daemon is not running (it stopped during "


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    """`v1` runs on h1 (which has the lock) and h2, its job on h3; `slow` takes long to become healthy, `v2`
    only a moment."""
    for version, mode in (("v1", "healthy"), ("v2", "slow:2"), ("slow", "slow:60")):
        lab.app_image(version, mode=mode)
    project = a_project(
        lab, tmp_path, web=["h1", "h2"], job=["h3"], deploy_timeout=30, own={"timeouts": QUICK}
    )
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    return project


def get_when_up(host: LabHost) -> tuple[int, str]:
    """Ask the app, once the proxy takes connections again after a restart of Docker."""

    def up() -> bool:
        try:
            return get(host)[0] == 200
        except OSError:
            return False

    wait_until(up, f"the app on {host.name}")
    return get(host)


def deploy_and(project: Project, hosts: list[LabHost], fault: Callable[[LabHost], None]) -> Result:
    """Deploy `slow`, and let the fault strike while the web hosts are checked."""
    with project.start("deploy", "-P", "--version", "slow") as deploy:
        for host in hosts:
            deploy.wait_until(reaches("web", PairState.CHECKING, host.name), f"the check on {host.name}")
        for host in hosts:
            fault(host)
        return deploy.ended(timeout_s=60)


def deploy_and_at(project: Project, moment: Moment, *strikes: Callable[[], object]) -> Result:
    """Deploy `v2`, and strike at a moment of it, one after the other."""
    with project.start("deploy", "-P", "--version", "v2") as deploy:
        deploy.wait_until(moment, "the moment")
        for strike in strikes:
            strike()
        return deploy.ended(timeout_s=60)


def at_once(*strikes: Callable[[], None]) -> Callable[[], None]:
    """Several strikes as one."""

    def strike() -> None:
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(each) for each in strikes]:
                done.result()

    return strike


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (LabHost.freeze_docker, "Docker does not answer"),
        (LabHost.kill_sshd, "the connection was lost"),
        (LabHost.cut_link, "the connection was lost: the host no longer answers"),
        (LabHost.stop_docker, f'{STOPPED}"switch the proxy")'),
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
    if fault is LabHost.stop_docker:
        assert "systemctl start docker` on h1" in result.card
        assert not locked(h1)
    for host in (h1, h2):
        host.heal()
    if locked(h1):
        release = result.out.partition("release it with: ")[2].splitlines()[0]
        assert project.run_printed(release).out == "Released the deploy lock.\n"
    assert not locked(h1)
    assert get_when_up(h1) == get_when_up(h2) == (200, "v1 app-web-v1")


def test_a_single_lost_web_host_does_not_stop_the_others(lab: Lab, project: Project) -> None:
    h1, h2, h3, _ = lab.hosts

    result = deploy_and_at(project, reaches("web", PairState.CHECKING, "h2"), h2.kill_sshd)

    assert result.code == 1
    assert "h2" in result.card
    assert running(h1) == {"app-web-v2"}
    assert running(h3) == {"app-job-v2"}
    assert not locked(h1)
    assert "lock released" in result.card


def test_a_docker_that_is_killed_while_a_container_is_created_is_the_cause(
    lab: Lab, project: Project
) -> None:
    h1, h2, h3, _ = lab.hosts

    result = deploy_and_at(project, reaches("web", PairState.CREATING, "h2"), h2.dockerd.kill)

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED boot of web on h2")
    assert f" cause {STOPPED}" in result.card, result.card
    assert "lock released" in result.card
    assert not locked(h1)
    assert get(h1) == (200, "v2 app-web-v2")
    assert running(h3) == {"app-job-v2"}


def test_a_docker_that_stops_during_the_pull_is_the_cause(lab: Lab, project: Project) -> None:
    h1, h2, h3, _ = lab.hosts

    def registry(number: signal.Signals) -> None:
        lab.hub.sandbox.signal("registry", number)

    registry(signal.SIGSTOP)
    try:
        pulling = waits_for(WaitKind.PULL)
        result = deploy_and_at(project, pulling, h2.stop_docker, lambda: registry(signal.SIGCONT))
    finally:
        registry(signal.SIGCONT)

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED pull on h2")
    assert f' cause {STOPPED}"pull")' in result.card, result.card
    assert not locked(h1)
    assert get(h1) == (200, "v1 app-web-v1")
    assert running(h3) == {"app-job-v1"}


def test_a_docker_that_stops_is_the_cause_under_a_boot_and_where_a_role_waits(
    lab: Lab, project: Project
) -> None:
    h1, h2, h3, _ = lab.hosts
    lab.app_image("v2", mode="slow:8")

    # All that is left to do for the worker, until a web container is healthy, is to wait.
    ready = is_through("create the container", "h3")
    result = deploy_and_at(project, ready, at_once(h3.stop_docker, h2.stop_docker))

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED boot of web on h2")
    assert f" cause {STOPPED}" in result.card, result.card
    assert f"h3: {STOPPED}the boot phase)" in result.card, result.card
    assert not locked(h1)
    assert get(h1) == (200, "v2 app-web-v2")


def test_a_docker_that_restarts_is_told_under_a_boot_and_forgiven_where_a_role_waits(
    lab: Lab, project: Project
) -> None:
    h1, h2, h3, _ = lab.hosts
    lab.app_image("v2", mode="slow:12")
    settings = settings_of(
        lab, web=["h1", "h2"], job=["h3"], deploy_timeout=30, own={"timeouts": {**QUICK, "docker": 20}}
    )
    project.configure(settings)

    checking = reaches("web", PairState.CHECKING, "h2")
    result = deploy_and_at(project, checking, at_once(h3.restart_docker, h2.restart_docker))

    assert result.code == 1, result.out
    assert result.card.startswith("FAILED boot of web on h2")
    assert ' cause Docker restarted during "switch the proxy"' in result.card, result.card
    assert not locked(h1)
    assert get(h1) == (200, "v2 app-web-v2")
    assert running(h3) == {"app-job-v2"}
    assert get_when_up(h2) == (200, "v1 app-web-v1")
    assert running(h2) == {"app-web-v1"}
