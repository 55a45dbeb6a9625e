"""The deploy lock: somebody else's is respected, a dead one's is taken over."""

import base64
import signal
from pathlib import Path

import pytest

from backstaff.events.facts import LockState, PairState, WaitKind
from tests.lab import Lab, LabHost
from tests.lab.deploys.moments import finds_lock, reaches, waits_for
from tests.lab.deploys.project import PERFORMER, Project, a_project
from tests.lab.deploys.seen import everything, locked, running

QUICK = ("--lock-wait", "--lock-wait-interval", "0.2")


@pytest.fixture
def host(lab: Lab) -> LabHost:
    return lab.hosts[0]


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    lab.app_image("v1")
    return a_project(lab, tmp_path, web=["h1"])


def lock_as_kamal(host: LabHost, message: str = "Automatic deploy lock") -> Path:
    """The lock as Kamal makes it: a directory, and a file of base64 in it."""
    details = f"Locked by: Grace at 2026-11-23T07:00:00Z\nVersion: v0\nMessage: {message}"
    lock = host.home / ".kamal/lock-app"
    lock.mkdir(parents=True)
    (lock / "details").write_bytes(base64.encodebytes(details.encode()) + b"\n")
    return lock


def unlock(lock: Path) -> None:
    (lock / "details").unlink()
    lock.rmdir()


def test_somebody_elses_lock_refuses_the_deploy_with_nothing_changed(host: LabHost, project: Project) -> None:
    lock_as_kamal(host)
    before = everything(host)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 3
    assert "the deploy lock is held by Grace" in result.card
    assert "--lock-wait" in result.card
    assert "backstaff lock release -h h1" in result.card
    assert everything(host) == before


def test_a_lock_is_waited_for_and_then_taken(host: LabHost, project: Project) -> None:
    lock = lock_as_kamal(host)

    with project.start("deploy", "-P", "--version", "v1", *QUICK) as running_deploy:
        running_deploy.wait_until(finds_lock(LockState.HELD), "the lock is seen")
        running_deploy.wait_until(waits_for(WaitKind.LOCK), "the wait for the lock")
        unlock(lock)
        result = running_deploy.ended()

    assert result.code == 0, result.out
    assert any("waits for the deploy lock" in line for line in result.lines)
    assert running(host) == {"app-web-v1"}
    assert not locked(host)


def test_waiting_for_a_lock_ends_when_its_time_is_up(host: LabHost, project: Project) -> None:
    lock_as_kamal(host)

    result = project.run("deploy", "-P", "--version", "v1", *QUICK, "--lock-wait-timeout", "1")

    assert result.code == 3
    assert "held by Grace" in result.card
    assert locked(host)
    assert running(host) == set()


def test_a_lock_taken_by_hand_is_not_waited_for(host: LabHost, project: Project) -> None:
    lock_as_kamal(host, "Migrating the database")

    result = project.run("deploy", "-P", "--version", "v1", *QUICK)

    assert result.code == 3
    assert "Migrating the database" in result.card


def test_the_lock_of_a_killed_run_is_taken_over(lab: Lab, host: LabHost, project: Project) -> None:
    lab.app_image("slow", mode="slow:60")
    with project.start("deploy", "-P", "--version", "slow") as killed:
        killed.wait_until(reaches("web", PairState.CHECKING), "the boot")
        killed.send(signal.SIGKILL)
        died = killed.ended()
    assert died.code == -signal.SIGKILL
    assert died.events[0].body.kind == "run_started"
    assert locked(host)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    assert any("took over the deploy lock of run" in line for line in result.lines)
    assert running(host) == {"app-web-v1"}
    assert not locked(host)


def test_the_lock_of_a_run_that_lives_is_not_taken_over(lab: Lab, host: LabHost, project: Project) -> None:
    lab.app_image("slow", mode="slow:60")
    with project.start("deploy", "-P", "--version", "slow") as first:
        first.wait_until(finds_lock(LockState.OURS), "the lock")

        result = project.run("deploy", "-P", "--version", "v1")

        assert result.code == 3
        assert f"the deploy lock is held by {PERFORMER}" in result.card
        first.send(signal.SIGTERM)
        assert first.ended().code == 143
    assert not locked(host)


def test_a_lock_can_be_taken_shown_and_released_by_hand(host: LabHost, project: Project) -> None:
    free = project.run("lock", "status")
    taken = project.run("lock", "acquire", "-m", "Moving house")
    again = project.run("lock", "acquire", "-m", "Me too")
    held = project.run("lock", "status")
    as_json = project.run("lock", "status", "--json")
    deploy = project.run("deploy", "-P", "--version", "v1")
    released = project.run("lock", "release")
    nothing = project.run("lock", "release")

    assert (free.code, free.out) == (0, "There is no deploy lock.\n")
    assert (taken.code, taken.out) == (0, "Acquired the deploy lock.\n")
    assert again.code == 3
    assert held.code == 0
    assert f"Locked by: {PERFORMER} at " in held.out
    assert "Message: Moving house" in held.out
    assert '"state": "held"' in as_json.out
    assert deploy.code == 3
    assert "Moving house" in deploy.card
    assert (released.code, released.out) == (0, "Released the deploy lock.\n")
    assert (nothing.code, nothing.out) == (0, "There is no deploy lock.\n")
    assert not locked(host)
