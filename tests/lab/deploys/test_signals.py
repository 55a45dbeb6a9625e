"""Signals in the phases for which `tests/lab/faults` has none: the lock is free, the old version serves, the
exit code says what happened. `test_build.py` has one during the build, `test_late_signals.py` the late ones.

`v1` is deployed once; `slow`, which would take long to become healthy, never gets to replace it.
"""

import signal
from pathlib import Path

import pytest

from backstaff.events.facts import PairState, Phase, WaitKind
from backstaff.events.types import Output, PhaseStarted, RunEnded
from tests.lab import Lab
from tests.lab.deploys.moments import Moment, begins, reaches, says, waits_for
from tests.lab.deploys.project import Project, Result, a_project
from tests.lab.deploys.seen import get, locked, running
from tests.lab.faults.circumstances import REGISTRY, made
from tests.lab.faults.phases import Circumstance

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


def phases(result: Result) -> list[Phase]:
    return [each.phase for each in result.told(PhaseStarted)]


def assert_ended_well(lab: Lab, result: Result) -> None:
    """A run that was to replace `v1` has told its end, and all is as it was before."""
    host, worker = lab.hosts[:2]
    assert not locked(host)
    assert get(host) == (200, "v1 app-web-v1")
    assert running(host) == {"app-web-v1"}
    assert running(worker) == {"app-job-v1"}
    assert result.card.startswith("CANCELLED")
    assert [each.exit_code for each in result.told(RunEnded)] == [result.code]


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (begins(Phase.LOCK), signal.SIGINT),
        (begins(Phase.PREPARE), signal.SIGINT),
        (begins(Phase.PREPARE), signal.SIGHUP),
        (reaches("job", PairState.WAITING), signal.SIGINT),
    ],
    ids=["lock", "prepare", "prepare-hup", "barrier"],
)
def test_a_signal_ends_the_run_well(
    lab: Lab, project: Project, moment: Moment, number: signal.Signals
) -> None:
    with project.start("deploy", "-P", "--version", "slow") as deploy:
        deploy.wait_until(moment, "the moment")
        deploy.send(number)
        result = deploy.ended(timeout_s=40)

    assert result.code == CODES[number], result.out
    assert_ended_well(lab, result)


def test_a_signal_while_a_host_does_not_answer_yet_ends_the_run_well(lab: Lab, project: Project) -> None:
    lab.hosts[1].cut_link()
    try:
        with project.start("deploy", "-P", "--version", "slow") as deploy:
            deploy.wait_until(begins(Phase.CONNECT), "the first connections")
            deploy.send(signal.SIGINT)
            result = deploy.ended(timeout_s=40)
    finally:
        lab.heal()

    assert result.code == 130, result.out
    assert phases(result) == [Phase.CONNECT]
    assert_ended_well(lab, result)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_registry_says_nothing_ends_the_run_well(
    lab: Lab, project: Project, number: signal.Signals
) -> None:
    lab.hub.sandbox.signal(REGISTRY, signal.SIGSTOP)
    try:
        with project.start("deploy", "-P", "--version", "slow") as deploy:
            deploy.wait_until(waits_for(WaitKind.PULL), "the pull")
            deploy.send(number)
            result = deploy.ended(timeout_s=40)
    finally:
        lab.hub.sandbox.signal(REGISTRY, signal.SIGCONT)

    assert result.code == CODES[number], result.out
    assert phases(result) == [Phase.CONNECT, Phase.PULL, Phase.VERIFY]
    assert_ended_well(lab, result)


def test_a_signal_while_somebody_else_has_the_lock_leaves_it_to_them(lab: Lab, project: Project) -> None:
    host = lab.hosts[0]

    with (
        made(Circumstance.FOREIGN_LOCK, lab, host, ""),
        project.start("deploy", "-P", "--version", "slow", "--lock-wait") as deploy,
    ):
        deploy.wait_until(waits_for(WaitKind.LOCK), "the wait for the lock")
        deploy.send(signal.SIGINT)
        result = deploy.ended(timeout_s=40)
        assert locked(host)

    assert result.code == 130, result.out
    assert phases(result) == [Phase.CONNECT, Phase.PULL, Phase.LOCK, Phase.VERIFY]
    assert_ended_well(lab, result)


def test_a_stop_that_is_delivered_twice_ends_the_run_well(lab: Lab, project: Project) -> None:
    with project.start("deploy", "-P", "--version", "slow") as deploy:
        deploy.wait_until(reaches("web", PairState.CHECKING), "the health check")
        # Stopped, so that they come at once however busy this machine is.
        for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            deploy.send(number)
        result = deploy.ended(timeout_s=40)

    # Which of the two is the first is up to the system.
    assert result.code in {130, 143}, result.out
    assert_ended_well(lab, result)


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
