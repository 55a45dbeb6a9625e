"""A signal when the new version serves already, and a second signal."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from backstaff.events.facts import PairState, Phase
from backstaff.events.types import RunEnded
from tests.lab import Lab, LabHost
from tests.lab.deploys.moments import begins, reaches, says
from tests.lab.deploys.project import Project, Result, Running, a_project
from tests.lab.deploys.seen import get, locked, running


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    lab.app_image("v1")
    lab.app_image("slow", mode="slow:60")
    return a_project(lab, tmp_path, web=["h1"], job=["h2"], deploy_timeout=60)


@contextmanager
def booted(lab: Lab, project: Project, directory: Path) -> Iterator[tuple[Running, Callable[[], None]]]:
    """A deploy of `v2` that has booted everything and waits in the hook after that; what lets it go on."""
    lab.app_image("v2")
    go_on = directory / "go-on"
    project.hook("post-app-boot", f"echo all is booted\nwhile [ ! -e {go_on} ]; do sleep 0.02; done")
    with project.start("deploy", "-P", "--version", "v2") as deploy:
        deploy.wait_until(says("all is booted"), "the end of the boot")
        yield deploy, go_on.touch


def assert_replaced(host: LabHost, result: Result, phase: Phase) -> None:
    """The run was interrupted in that phase, the new version serves, and nobody has the lock."""
    assert result.code == 130
    assert result.headline == f"CANCELLED deploy in phase {phase}"
    assert running(host) == {"app-web-v2"}
    assert get(host) == (200, "v2 app-web-v2")
    assert not locked(host)


def test_a_signal_in_the_finish_leaves_the_new_version_and_no_lock(
    lab: Lab, project: Project, tmp_path: Path
) -> None:
    host = lab.hosts[0]

    with booted(lab, project, tmp_path) as (deploy, go_on):
        # Tagging and pruning are Docker's: they are not over before it goes on.
        host.freeze_docker()
        go_on()
        deploy.wait_until(begins(Phase.FINISH), "the finish")
        deploy.send(signal.SIGINT)
        deploy.wait_until(begins(Phase.VERIFY), "the end of the finish")
        host.thaw_docker()
        result = deploy.ended(timeout_s=40)

    assert_replaced(host, result, Phase.FINISH)


def test_a_signal_in_the_last_look_leaves_the_new_version_and_no_lock(
    lab: Lab, project: Project, tmp_path: Path
) -> None:
    host = lab.hosts[0]

    with booted(lab, project, tmp_path) as (deploy, go_on):
        # What is pending for the audit log is written beside the last look: into a pipe that nobody reads.
        log = host.home / ".kamal/app-audit.log"
        log.unlink()
        os.mkfifo(log)
        go_on()
        deploy.wait_until(begins(Phase.VERIFY), "the last look")
        deploy.send(signal.SIGINT)
        result = deploy.ended(timeout_s=40)

    assert_replaced(host, result, Phase.VERIFY)


def insisted(deploy: Running, number: signal.Signals) -> Result:
    """Send a signal again and again until the run has ended."""
    while True:
        deploy.send(number)
        with suppress(subprocess.TimeoutExpired):
            return deploy.ended(timeout_s=0.1)


def test_a_second_signal_ends_at_once_and_tells_how_to_release_the_lock(lab: Lab, project: Project) -> None:
    host: LabHost = lab.hosts[0]

    with project.start("deploy", "-P", "--version", "slow") as deploy:
        deploy.wait_until(reaches("web", PairState.CHECKING), "the health check")
        host.freeze_docker()
        deploy.send(signal.SIGINT)
        deploy.wait_until(reaches("job", PairState.CANCELLED), "the first signal at work")
        result = insisted(deploy, signal.SIGTERM)

    # Of the second: the first one has not ended it.
    assert result.code == 143
    assert result.told(RunEnded) == []
    assert locked(host)
    host.thaw_docker()
    released = project.run_printed(result.err.partition("release it with: ")[2].strip())
    assert released.out == "Released the deploy lock.\n"
    assert not locked(host)
