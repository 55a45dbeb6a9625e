"""Which signals count, and what one that insists says and does."""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from backstaff.cli.signals import ECHO_S, handled, last_words
from backstaff.errors import ExitCode
from backstaff.events.facts import LockState, Outcome
from backstaff.events.types import LockChanged, StepEnded, StepStarted
from tests.cli.project import Project
from tests.events.builders import Script
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import lock_held
from tests.hosts.ssh_server import until
from tests.hosts.test_run import runs

ROOT = Path(__file__).parents[2]
RELEASE = "backstaff lock release -h h1"
TAKING = StepStarted(step="take the deploy lock", host="h1")
TAKEN = StepEnded(step="take the deploy lock", host="h1", outcome=Outcome.DONE, took_s=1)


INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
HANDLED = (INT, TERM, HUP)


class Asked:
    """Remembers what it was asked to end with."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def request(self, code: ExitCode) -> None:
        self.codes.append(int(code))


async def requests_of(*signals: tuple[float, signal.Signals]) -> list[int]:
    """What is requested when signals arrive at these times while the loop is held up."""
    asked = Asked()
    time = 0.0
    with handled(asked, now=lambda: time):
        for time, number in signals:  # noqa: B007 (the clock tells it)
            signal.raise_signal(number)
        await asyncio.sleep(0)
    return asked.codes


@pytest.mark.parametrize("number", HANDLED)
async def test_a_signal_asks_for_the_end_with_its_own_code(number: signal.Signals) -> None:
    assert await requests_of((0, number)) == [128 + number]


@pytest.mark.parametrize("first", HANDLED)
@pytest.mark.parametrize("second", [INT, TERM])
async def test_a_signal_right_after_the_first_is_an_echo_of_it(
    first: signal.Signals, second: signal.Signals
) -> None:
    assert await requests_of((7, first), (7.001, second), (7 + ECHO_S * 0.9, second)) == [128 + first]


@pytest.mark.parametrize("second", [INT, TERM])
async def test_a_signal_that_comes_clearly_later_insists(second: signal.Signals) -> None:
    assert await requests_of((7, INT), (7 + ECHO_S * 1.1, second)) == [130, 128 + second]


async def test_a_key_that_is_held_down_insists_however_short_its_repeats_are() -> None:
    presses = [(ECHO_S * press / 7.5, INT) for press in range(12)]
    assert await requests_of(*presses) == [130] * 5
    assert await requests_of(*presses[:8]) == [130]


async def test_a_terminal_that_closes_is_told_also_as_an_echo() -> None:
    assert await requests_of((0, INT), (0.001, HUP), (0.002, TERM)) == [130, 129]


async def test_afterwards_signals_are_handled_as_they_were_before() -> None:
    usual = signal.signal(HUP, signal.SIG_IGN)
    before = [signal.getsignal(number) for number in HANDLED]
    try:
        with handled(Asked()):
            assert not any(signal.getsignal(number) in before for number in HANDLED)
        assert [signal.getsignal(number) for number in HANDLED] == before
    finally:
        signal.signal(HUP, usual)


async def test_a_signal_that_hits_another_thread_wakes_a_loop_that_waits() -> None:
    requested = asyncio.Event()

    class Waiting:
        def request(self, code: ExitCode) -> None:
            requested.set()

    with handled(Waiting()):
        threading.Timer(0.1, lambda: signal.pthread_kill(threading.get_ident(), INT)).start()
        async with asyncio.timeout(20):
            await requested.wait()


def test_a_stop_that_is_delivered_twice_ends_the_run_well(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However busy this machine is between the two.
    monkeypatch.setattr("backstaff.cli.signals.ECHO_S", 3600.0)
    left: list[int] = []
    monkeypatch.setattr("backstaff.cli.signals.os._exit", left.append)

    def stop_once_it_is_locked(datacentre: Datacentre) -> None:
        if lock_held(datacentre["h1"]):
            os.kill(os.getpid(), INT)
            os.kill(os.getpid(), TERM)
        else:
            asyncio.get_running_loop().call_later(0.01, stop_once_it_is_locked, datacentre)

    project.servers.set = stop_once_it_is_locked
    result = project.run("deploy", "--skip-push", "--version", "v2")
    assert left == []
    assert result.code == 130
    assert "CANCELLED" in result.out
    assert "the run was interrupted" in result.out
    assert "may still be held" not in result.err
    assert not lock_held(project.servers.datacentre["h1"])


def said(script: Script) -> str:
    return "\n".join(last_words(script.board, RELEASE))


def lock(state: LockState) -> LockChanged:
    return LockChanged(state=state, host="h1", release=RELEASE)


def test_a_run_that_never_came_to_the_lock_has_nothing_to_say_of_it() -> None:
    assert said(Script()) == ""


def test_a_lock_that_is_being_taken_may_be_ours_already() -> None:
    words = said(Script().at(1, TAKING))
    assert "backstaff lock status" in words
    assert f"release it with: {RELEASE}" in words


@pytest.mark.parametrize("state", [LockState.OURS, LockState.TAKEN_OVER, LockState.LEFT_BEHIND])
def test_a_lock_of_ours_is_released_by_hand(state: LockState) -> None:
    words = said(Script().at(1, TAKING, lock(state), TAKEN))
    assert words.endswith(f"may still be held; release it with: {RELEASE}")


@pytest.mark.parametrize("state", [LockState.RELEASED, LockState.FREE])
def test_a_lock_that_was_given_back_is_not_talked_of(state: LockState) -> None:
    assert said(Script().at(1, TAKING, TAKEN, lock(state))) == ""


def test_a_container_that_may_be_left_paused_is_told_with_how_to_let_it_go_on() -> None:
    step = "end the paused container"
    pausing = StepStarted(step=step, host="h1", role="web", detail="c0ffee012345")
    script = Script().at(1, TAKING, lock(LockState.OURS), TAKEN).at(2, pausing)
    first, second = last_words(script.board, RELEASE)
    assert first.endswith("may be left paused; on h1: docker unpause c0ffee012345")
    assert second.endswith(RELEASE)
    done = StepEnded(step=step, host="h1", role="web", outcome=Outcome.DONE, took_s=1)
    assert "unpause" not in said(script.at(3, done))


CODE = """
import asyncio, os, sys
from backstaff.cli.signals import leave_at_once
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.hosts.local import run_local

async def main():
    leave = leave_at_once(Board, "")
    def saw(stream, line):
        print(line, flush=True)
        leave(ExitCode.INTERRUPTED)
    await run_local("trap '' TERM INT; sleep 600 & echo $$ $!; wait", on_line=saw)

asyncio.run(main())
"""


LATE = """
import os, signal
from backstaff.cli.process import run_and_exit
from backstaff.errors import ExitCode

async def main():
    return ExitCode.FAILED

class AtTheEnd:
    def __del__(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            os.kill(os.getpid(), number)

at_the_end = AtTheEnd()
run_and_exit(main)
"""


FILES = """
from backstaff.cli.signals import leave_at_once
from backstaff.engine.docker_config import signed_in
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.temporary import make_directory

(make_directory("backstaff-") / "docker.sock").touch()
with signed_in({}, "registry.test", "me", "secret") as environ:
    print(environ["DOCKER_CONFIG"], flush=True)
    leave_at_once(Board, "")(ExitCode.INTERRUPTED)
"""


async def test_a_signal_after_the_end_does_not_change_how_it_ended() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "app")}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", LATE, env=environment)
    assert await process.wait() == ExitCode.FAILED


async def test_temporary_files_and_the_login_among_them_go_with_us(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "app"), "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FILES, stdout=asyncio.subprocess.PIPE, env=environment
    )
    out, _ = await process.communicate()
    assert process.returncode == 130
    assert out.decode().startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


async def test_what_runs_on_this_machine_ends_with_us() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "app")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CODE, stdout=asyncio.subprocess.PIPE, env=environment
    )
    out, _ = await process.communicate()
    assert process.returncode == 130
    shell, sleeper = out.decode().split()
    await until(lambda: not runs(shell) and not runs(sleeper))
