"""Runs behind a console: whatever becomes of it, they come to their end and say so."""

import os
import signal
from pathlib import Path

import pytest

from backstaff.engine.questions import LockChoice, LockQuestion
from backstaff.events.facts import Phase, WaitKind
from backstaff.events.types import Body, PhaseEnded, PhaseStarted, RunEnded, WaitStarted
from tests.cli.consoles import Consoles, FakeConsole
from tests.cli.project import GRACES, Project, Result, Servers
from tests.fakes.apps import NEVER_READY
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import hold_lock, lock_held

BOOT = ("deploy", "--skip-push", "--version", "v2")


@pytest.fixture
def consoles(monkeypatch: pytest.MonkeyPatch) -> Consoles:
    return Consoles(monkeypatch)


def boots(body: Body) -> bool:
    return isinstance(body, PhaseStarted) and body.phase is Phase.BOOT


def ended(body: Body) -> bool:
    return isinstance(body, RunEnded)


def asks(body: Body) -> bool:
    return isinstance(body, WaitStarted) and body.what is WaitKind.ANSWER


def kept_tracebacks(project: Project) -> list[Path]:
    return list((project.directory.parent / "state").glob("console-*.txt"))


def deployed(project: Project) -> Result:
    result = project.run(*BOOT)
    assert not lock_held(project.servers.datacentre["h1"])
    return result


def test_how_it_ended_stays_on_the_screen_once_the_console_is_closed(
    project: Project, consoles: Consoles
) -> None:
    result = deployed(project)
    assert result.code == 0
    assert "DONE  app v2" in result.out
    assert "boot done" not in result.out
    assert consoles.only.infos[0].journal is not None
    assert consoles.only.boards[0].result is not None


def test_what_could_not_be_pruned_is_told_once_the_console_is_closed(
    project: Project, consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstaff.cli.run_bounds._prune", lambda _: ("old.jsonl can not be removed",))
    result = deployed(project)
    assert result.code == 0
    assert "warning: old.jsonl can not be removed" in result.err


def test_the_card_of_a_failure_stays_too_and_so_does_its_code(project: Project, consoles: Consoles) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].apps["web:v2"] = NEVER_READY

    project.add("deploy_timeout: 1\n")
    project.servers.set = set_scene
    result = deployed(project)
    assert result.code == 1
    assert "FAILED  boot of web on" in result.out


def test_a_run_goes_on_in_plain_lines_when_the_console_is_left(project: Project, consoles: Consoles) -> None:
    consoles.follow(lambda console: console.play_until(boots))
    result = deployed(project)
    assert result.code == 0
    lines = result.out.splitlines()
    assert lines[0] == "the console is closed; the run goes on in plain lines"
    assert not any("pull done" in line for line in lines)
    assert any("boot done" in line for line in lines)
    assert lines[-1].startswith("DONE  app v2")


def test_a_run_goes_on_when_the_console_breaks_and_the_traceback_is_kept(
    project: Project, consoles: Consoles
) -> None:
    async def break_down(console: FakeConsole) -> None:
        await console.play_until(boots)
        raise ValueError("no room for hunter22\nand more")

    consoles.follow(break_down)
    result = deployed(project)
    assert result.code == 0
    (kept,) = kept_tracebacks(project)
    assert result.out.splitlines()[0] == (
        "the console broke (ValueError: no room for [REDACTED]); the run goes on in plain lines; "
        f"the traceback is in {kept}"
    )
    assert "DONE  app v2" in result.out
    assert "in break_down" in kept.read_text()
    assert "no room for [REDACTED]" in kept.read_text()
    assert "hunter22" not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_an_exception_that_the_app_took_care_of_itself_is_found(project: Project, consoles: Consoles) -> None:
    async def break_down(console: FakeConsole) -> None:
        await console.play()
        console._exception = ValueError("no room")

    consoles.follow(break_down)
    result = deployed(project)
    assert result.code == 0
    assert "the console broke (ValueError: no room); the traceback is in" in result.out
    assert "DONE  app v2" in result.out


def test_a_console_that_breaks_before_it_began_costs_no_run(project: Project, consoles: Consoles) -> None:
    async def break_down(_: FakeConsole) -> None:
        raise ValueError("no style")

    consoles.follow(break_down)
    result = deployed(project)
    assert result.code == 0
    assert "the run goes on in plain lines" in result.out
    assert "pull done" in result.out
    assert "DONE  app v2" in result.out


def test_a_console_that_can_not_show_events_is_closed_and_the_run_goes_on(
    project: Project, consoles: Consoles
) -> None:
    async def show_nothing(console: FakeConsole) -> None:
        def refuse(info: object) -> None:
            raise ValueError("no stage")

        console.new_run = refuse  # type: ignore[assignment,method-assign]
        await console.play()

    consoles.follow(show_nothing)
    result = deployed(project)
    assert result.code == 0
    assert consoles.only.exited.is_set()
    assert "the console broke (ValueError: no stage)" in result.out
    assert "DONE  app v2" in result.out


def test_a_console_that_is_closed_before_it_began_does_nothing(project: Project, consoles: Consoles) -> None:
    async def close(_: FakeConsole) -> None:
        return

    consoles.follow(close)
    assert project.run(*BOOT).code == 130
    assert project.servers.connections == []


def test_what_is_wrong_here_is_told_before_a_console_opens(project: Project, consoles: Consoles) -> None:
    project.add("nonsense: 1\n")
    result = project.run(*BOOT)
    assert result.code == 2
    assert "nonsense" in result.err
    assert consoles.opened == []


def test_an_operator_cancels_once_and_the_run_ends_well(project: Project, consoles: Consoles) -> None:
    async def cancel(console: FakeConsole) -> None:
        await console.play_until(boots)
        console.session.cancel()
        await console.until(ended)
        assert not console.exited.is_set()

    consoles.follow(cancel)
    result = deployed(project)
    assert result.code == 130
    assert "CANCELLED" in result.out


def test_an_operator_who_cancels_what_a_signal_ends_already_does_not_insist(
    project: Project, consoles: Consoles
) -> None:
    async def cancel(console: FakeConsole) -> None:
        await console.play_until(boots)
        os.kill(os.getpid(), signal.SIGTERM)
        await console.until(lambda body: isinstance(body, PhaseEnded) and body.phase is Phase.BOOT)
        console.session.cancel()
        await console.until(ended)

    consoles.follow(cancel)
    assert deployed(project).code == 143


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_well_and_then_the_console(
    project: Project, consoles: Consoles, number: signal.Signals
) -> None:
    async def signalled(console: FakeConsole) -> None:
        await console.play_until(boots)
        os.kill(os.getpid(), number)
        await console.until(ended)
        await console.exited.wait()

    consoles.follow(signalled)
    result = deployed(project)
    assert result.code == 128 + number
    assert "CANCELLED" in result.out


def test_a_terminal_that_closes_closes_the_console_at_once_and_insists_on_nothing(
    project: Project, consoles: Consoles
) -> None:
    async def hung_up(console: FakeConsole) -> None:
        await console.play_until(boots)
        os.kill(os.getpid(), signal.SIGHUP)
        await console.exited.wait()
        assert console.boards[0].result is None
        os.kill(os.getpid(), signal.SIGHUP)

    consoles.follow(hung_up)
    assert deployed(project).code == 129


def test_a_signal_closes_a_console_whose_run_has_ended_and_changes_nothing_about_it(
    project: Project, consoles: Consoles
) -> None:
    async def signalled(console: FakeConsole) -> None:
        await console.play()
        os.kill(os.getpid(), signal.SIGTERM)
        await console.exited.wait()

    consoles.follow(signalled)
    assert deployed(project).code == 0


def test_the_terminal_is_given_back_before_the_process_ends_at_once(
    project: Project, consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[tuple[int, int]] = []
    monkeypatch.setattr("backstaff.cli.signals.leave_nothing_behind", lambda: None)
    monkeypatch.setattr(
        "backstaff.cli.signals.os._exit", lambda code: left.append((code, consoles.only.suspended))
    )

    async def insist(console: FakeConsole) -> None:
        await console.play_until(boots)
        console.session.cancel()
        console.session.cancel()
        await console.until(ended)

    consoles.follow(insist)
    result = deployed(project)
    assert left == [(130, 1)]
    assert "backstaff lock release" in result.err


def held(datacentre: Datacentre) -> None:
    hold_lock(datacentre["h1"], GRACES)


def test_the_console_is_asked_about_a_lock_that_somebody_holds(project: Project, consoles: Consoles) -> None:
    project.servers.set = held
    assert project.run(*BOOT).code == 3
    (question,) = consoles.only.asked
    assert isinstance(question, LockQuestion)
    assert question.holder == "Grace"


def test_the_console_is_asked_about_host_keys_and_plain_lines_are_not(
    project: Project, consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_by: list[bool] = []

    def connector(*_: object, ask: object = None, **__: object) -> Servers:
        asked_by.append(ask is not None)
        return project.servers

    monkeypatch.setattr("backstaff.cli.connecting.SshConnector", connector)
    assert project.run(*BOOT).code == 0
    monkeypatch.setattr("backstaff.cli.booting.console_wanted", lambda **_: False)
    assert project.run(*BOOT).code == 0
    assert asked_by == [True, False]


def test_a_question_that_is_open_when_the_console_is_left_is_answered_as_without_one(
    project: Project, consoles: Consoles
) -> None:
    async def leave(console: FakeConsole) -> None:
        console.choice = None
        await console.play_until(asks)

    project.servers.set = held
    consoles.follow(leave)
    result = project.run(*BOOT)
    assert result.code == 3
    assert "the deploy lock is held by Grace" in result.out


def test_a_lock_can_be_waited_for_from_the_console(project: Project, consoles: Consoles) -> None:
    async def wait_a_little(console: FakeConsole) -> None:
        console.choice = LockChoice.WAIT
        await console.play()

    project.add("x-backstaff:\n  timeouts:\n    lock: 0.2\n")
    project.servers.set = held
    consoles.follow(wait_a_little)
    result = project.run(*BOOT, "--lock-wait-interval", "0.1")
    assert result.code == 3
    assert "wait longer with --lock-wait-timeout" in " ".join(result.out.split())


def test_a_demonstration_behind_a_console_keeps_its_last_act_on_the_screen(
    project: Project, consoles: Consoles
) -> None:
    result = project.run("demo", "--scenario", "image-missing", "--speed", "2")
    assert result.code == 1, result.out + result.err
    assert len(consoles.only.infos) == 2, result.out + result.err
    assert consoles.only.infos[0].title == "first deploy"
    assert consoles.only.infos[1].note
    assert consoles.only.infos[1].speed == 2
    assert result.out.count("===") == 1
    assert "FAILED" in result.out
