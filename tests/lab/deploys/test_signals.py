"""Signals in the phases for which `tests/lab/faults` has none: the lock is free, the old version serves, the
exit code says what happened.

`v1` is deployed once; `slow`, which would take long to become healthy, never gets to replace it.
"""

import signal
from pathlib import Path

import pytest

from backstaff.events.facts import PairState, Phase
from backstaff.events.types import Output, RunEnded
from tests.lab import Lab
from tests.lab.deploys.moments import Moment, begins, reaches, says
from tests.lab.deploys.project import Project, a_project
from tests.lab.deploys.seen import get, locked, running

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture(scope="module", autouse=True)
def _clean_hosts(lab: Lab) -> None:
    lab.heal()
    lab.wipe()


@pytest.fixture(scope="module")
def project(lab: Lab, _clean_hosts: None, tmp_path_factory: pytest.TempPathFactory) -> Project:
    lab.app_image("v1")
    lab.app_image("slow", mode="slow:60")
    root = tmp_path_factory.mktemp("project")
    project = a_project(lab, root, web=["h1"], job=["h2"], deploy_timeout=60)
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    return project


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (begins(Phase.PULL), signal.SIGTERM),
        (begins(Phase.LOCK), signal.SIGINT),
        (begins(Phase.PREPARE), signal.SIGHUP),
        (reaches("job", PairState.WAITING), signal.SIGINT),
    ],
    ids=["pull", "lock", "prepare", "barrier"],
)
def test_a_signal_ends_the_run_well(
    lab: Lab, project: Project, moment: Moment, number: signal.Signals
) -> None:
    host, worker = lab.hosts[:2]

    with project.start("deploy", "-P", "--version", "slow") as deploy:
        deploy.wait_until(moment, "the moment")
        deploy.send(number)
        result = deploy.ended(timeout_s=40)

    assert result.code == CODES[number], result.out
    assert not locked(host)
    assert get(host) == (200, "v1 app-web-v1")
    assert running(host) == {"app-web-v1"}
    assert running(worker) == {"app-job-v1"}
    assert result.card.startswith("CANCELLED")
    assert [each.exit_code for each in result.told(RunEnded)] == [result.code]


def test_a_hook_that_hangs_is_ended_with_the_run(lab: Lab, project: Project) -> None:
    project.hook("pre-deploy", 'echo "I am $$"\nsleep 600')

    with project.start("deploy", "-P", "--version", "v1") as deploy:
        deploy.wait_until(says("I am "), "the hook")
        deploy.send(signal.SIGTERM)
        result = deploy.ended(timeout_s=40)

    (project.directory / ".kamal/hooks/pre-deploy").unlink()
    assert result.code == 143
    assert not locked(lab.hosts[0])
    pid = result.told(Output)[0].text.removeprefix("I am ")
    assert not Path(f"/proc/{pid}").exists()
