"""Commands that change hosts under the deploy lock."""

import asyncio
import os
import signal

import pytest

from tests.cli.project import GRACES, Project
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import hold_lock, lock_held, release_lock

CHANGES = [
    ("app", "stop"),
    ("app", "start", "--version", "v1"),
    ("app", "stale_containers", "--stop"),
    ("proxy", "boot"),
]


def held(datacentre: Datacentre) -> None:
    hold_lock(datacentre["h1"], GRACES)


@pytest.mark.parametrize("command", CHANGES, ids=" ".join)
def test_a_lock_of_somebody_else_refuses_the_change_and_can_be_waited_for(
    project: Project, command: tuple[str, ...]
) -> None:
    project.servers.set = held
    result = project.run(*command)
    assert result.code == 3
    assert "wait for it with --lock-wait" in " ".join(result.out.split())
    assert "No such option" not in project.run(*command, "--lock-wait", "--lock-wait-timeout", "0.1").err
    assert lock_held(project.servers.datacentre["h1"])


@pytest.mark.parametrize("command", CHANGES, ids=" ".join)
def test_a_hook_of_the_run_that_holds_the_lock_may_change_hosts(
    project: Project, command: tuple[str, ...]
) -> None:
    project.servers.set = held
    result = project.run(*command, environ={"KAMAL_LOCK": "true"})
    assert result.code == 0, result.out + result.err
    assert "warning" not in result.out
    assert "lock taken" not in result.out
    assert lock_held(project.servers.datacentre["h1"])


@pytest.mark.parametrize("command", ["app stop", "app boot --version v1"])
def test_a_lock_that_is_said_to_be_held_and_is_free_is_warned_of(project: Project, command: str) -> None:
    result = project.run(*command.split(), environ={"KAMAL_LOCK": "true"})
    assert result.code == 0
    assert "warning: the deploy lock should be held by our caller, but it is free" in result.out


def test_the_lock_is_given_back_after_the_change(project: Project) -> None:
    result = project.run("app", "stop")
    assert result.code == 0
    assert "lock taken" in result.out
    assert not lock_held(project.servers.datacentre["h1"])
    app = [each for each in project.servers.datacentre["h1"].containers.values() if each.role]
    assert [each.running for each in app] == [False]


def test_waiting_goes_on_until_the_lock_is_free(project: Project) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        held(datacentre)
        asyncio.get_running_loop().call_later(0.3, release_lock, datacentre["h1"])

    project.servers.set = set_scene
    result = project.run("app", "stop", "--lock-wait", "--lock-wait-interval", "0.1")
    assert result.code == 0
    assert "waits for the deploy lock (at most 15 min)" in result.out


def test_how_long_to_wait_is_the_configurations_unless_it_is_said(project: Project) -> None:
    project.add("x-backstaff:\n  timeouts:\n    lock: 0.4\n")
    project.servers.set = held
    wait = ("--lock-wait", "--lock-wait-interval", "0.1")
    assert "waits for the deploy lock (at most 0.4 s)" in project.run("app", "stop", *wait).out
    said = project.run("app", "stop", *wait, "--lock-wait-timeout", "0.2")
    assert "waits for the deploy lock (at most 0.2 s)" in said.out


def test_the_lock_by_hand_is_not_waited_for_and_so_not_advised_to(project: Project) -> None:
    project.servers.set = held
    result = project.run("lock", "acquire", "-m", "maintenance", "--version", "v1")
    assert result.code == 3
    assert "--lock-wait" not in result.err
    assert "backstaff lock release -h h1" in result.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_lock_by_hand_is_given_back_if_the_command_is_interrupted_while_taking_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr("tests.fakes.wire.ONE_WAY", 0.1)

    def interrupt_once_it_is_taken(datacentre: Datacentre) -> None:
        if lock_held(datacentre["h1"]):
            os.kill(os.getpid(), number)
        else:
            asyncio.get_running_loop().call_later(0.01, interrupt_once_it_is_taken, datacentre)

    project.servers.set = interrupt_once_it_is_taken
    result = project.run("lock", "acquire", "-m", "maintenance", "--version", "v1")
    assert result.code == 128 + number
    assert not lock_held(project.servers.datacentre["h1"])
    assert "the deploy lock had just been taken; it is released again" in result.err


def test_a_host_lost_while_the_lock_is_taken_by_hand_leaves_the_command_that_releases_it(
    project: Project,
) -> None:
    fault = Fault("lock acquire", Kind.LOSE_AFTER)
    project.servers.set = lambda datacentre: datacentre["h1"].goes_wrong(fault)
    result = project.run("lock", "acquire", "-m", "maintenance", "--version", "v1")
    assert result.code == 1
    assert "the deploy lock may have been taken all the same" in result.err
    assert "`backstaff lock release -h h1`" in result.err
