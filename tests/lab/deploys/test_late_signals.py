"""A signal when the new version serves already, and a second signal."""

import signal
from pathlib import Path

import pytest

from backstaff.events.facts import PairState, Phase
from tests.lab import Lab, LabHost
from tests.lab.deploys.moments import begins, reaches
from tests.lab.deploys.project import Project, a_project
from tests.lab.deploys.seen import get, locked, running


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    lab.app_image("v1")
    lab.app_image("slow", mode="slow:60")
    return a_project(lab, tmp_path, web=["h1"], job=["h2"], deploy_timeout=60)


def test_a_signal_at_the_end_leaves_the_new_version_and_no_lock(lab: Lab, project: Project) -> None:
    host = lab.hosts[0]
    lab.app_image("v2")

    with project.start("deploy", "-P", "--version", "v2") as deploy:
        deploy.wait_until(begins(Phase.FINISH), "the finish")
        deploy.send(signal.SIGINT)
        result = deploy.ended(timeout_s=40)

    # So late, the run may have been quicker than the signal.
    assert result.code in (0, 130)
    assert running(host) == {"app-web-v2"}
    assert get(host) == (200, "v2 app-web-v2")
    assert not locked(host)


def test_a_second_signal_ends_at_once_and_tells_how_to_release_the_lock(lab: Lab, project: Project) -> None:
    host: LabHost = lab.hosts[0]

    with project.start("deploy", "-P", "--version", "slow") as deploy:
        deploy.wait_until(reaches("web", PairState.CHECKING), "the health check")
        host.freeze_docker()
        deploy.send(signal.SIGINT)
        deploy.wait_until(reaches("job", PairState.CANCELLED), "the first signal at work")
        deploy.send(signal.SIGINT)
        result = deploy.ended(timeout_s=10)

    assert result.code == 130
    assert locked(host)
    host.thaw_docker()
    released = project.run_printed(result.err.partition("release it with: ")[2].strip())
    assert released.out == "Released the deploy lock.\n"
    assert not locked(host)
