import base64
import os
import shutil
import signal
import stat
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backstaff.kamal.lock import LockOutcome, LockOwner, LockReport, TakenByHand, parse_lock_report
from backstaff.kamal.lock_scripts import (
    acquire_script,
    release_if_ours_script,
    release_script,
    status_script,
    takeover_script,
)
from tests.kamal.builders import SHELLS, a_config, run_script

CONFIG = a_config()
DETAILS = "Locked by: Ada at 2026-11-23T03:51:14Z\nVersion: v1\nMessage: Automatic deploy lock"
LOCK = Path(".kamal/lock-app")

each_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
# BusyBox has programs of its own, whatever the PATH is.
each_shell_of_the_path = pytest.mark.parametrize(
    "shell", [shell for shell in SHELLS if shell[0] != "busybox"], ids=" ".join
)


def an_owner(run: str = "r1") -> LockOwner:
    return LockOwner(machine='it\'s "m"', boot="b", pid=1, process_start="2", run=run)


def answer(shell: tuple[str, ...], home: Path, script: str) -> LockReport:
    done = run_script(shell, script, home)
    assert (done.returncode, done.stderr) == (0, "")
    return parse_lock_report(done.stdout)


def acquire(shell: tuple[str, ...], home: Path, run: str = "r1", *, by_hand: bool = False) -> LockReport:
    owner = None if by_hand else an_owner(run)
    return answer(shell, home, acquire_script(CONFIG, DETAILS, token=run, owner=owner))


def files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


@each_shell
def test_a_free_lock_is_taken_and_kamal_can_read_it(shell: tuple[str, ...], tmp_path: Path) -> None:
    assert acquire(shell, tmp_path).outcome is LockOutcome.ACQUIRED
    kamals = "stat .kamal/lock-app > /dev/null && cat .kamal/lock-app/details | base64 -d"
    assert run_script(shell, kamals, tmp_path).stdout == DETAILS
    assert files(tmp_path) == {".kamal", f"{LOCK}", f"{LOCK}/details", f"{LOCK}/backstaff"}


@each_shell
def test_a_lock_taken_by_hand_is_undone_only_by_the_attempt_that_took_it(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    mine, other = TakenByHand("aa"), TakenByHand("bb")
    taken = answer(shell, tmp_path, acquire_script(CONFIG, DETAILS, token="t1", owner=mine))
    assert taken.outcome is LockOutcome.ACQUIRED
    kept = answer(shell, tmp_path, release_if_ours_script(CONFIG, other, token="t2"))
    assert (kept.outcome, kept.owner) == (LockOutcome.HELD, None)
    undone = answer(shell, tmp_path, release_if_ours_script(CONFIG, mine, token="t3"))
    assert undone.outcome is LockOutcome.RELEASED
    assert files(tmp_path) == {".kamal"}


@each_shell
def test_a_held_lock_tells_its_holder(shell: tuple[str, ...], tmp_path: Path) -> None:
    acquire(shell, tmp_path)
    for report in (acquire(shell, tmp_path, "r2"), answer(shell, tmp_path, status_script(CONFIG))):
        assert report.outcome is LockOutcome.HELD
        assert report.owner == an_owner()
        assert report.details is not None
        assert report.details.text == DETAILS
    assert files(tmp_path) == {".kamal", f"{LOCK}", f"{LOCK}/details", f"{LOCK}/backstaff"}


@each_shell
def test_a_lock_of_kamal_is_honoured_even_before_its_details_are_there(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / LOCK).mkdir(parents=True)
    assert acquire(shell, tmp_path) == LockReport(LockOutcome.HELD)
    (tmp_path / LOCK / "details").write_bytes(base64.encodebytes(DETAILS.encode()))
    report = acquire(shell, tmp_path)
    assert report.details is not None
    assert (report.details.locked_by, report.owner) == ("Ada", None)


@each_shell
def test_kamals_release_removes_our_lock(shell: tuple[str, ...], tmp_path: Path) -> None:
    acquire(shell, tmp_path)
    kamals = "rm .kamal/lock-app/details && rm -r .kamal/lock-app"
    assert run_script(shell, kamals, tmp_path).returncode == 0
    assert answer(shell, tmp_path, status_script(CONFIG)).outcome is LockOutcome.FREE


@each_shell
def test_a_lock_that_nobody_has_had_in_between_is_taken_in_the_turn_in_which_it_was_seen_free(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / ".kamal").mkdir()
    seen = answer(shell, tmp_path, status_script(CONFIG)).turn
    assert seen
    assert answer(shell, tmp_path, status_script(CONFIG)).turn == seen
    assert acquire(shell, tmp_path).turn == seen


@each_shell
@pytest.mark.parametrize("tool", ["backstaff", "kamal"])
def test_whoever_had_the_lock_in_between_has_made_it_another_turn(
    shell: tuple[str, ...], tmp_path: Path, tool: str
) -> None:
    (tmp_path / ".kamal").mkdir()
    seen = answer(shell, tmp_path, status_script(CONFIG)).turn
    if tool == "backstaff":
        acquire(shell, tmp_path, "r2")
        answer(shell, tmp_path, release_script(CONFIG, token="r2"))
    else:
        run_script(shell, "mkdir .kamal/lock-app && rm -r .kamal/lock-app", tmp_path)
    assert answer(shell, tmp_path, status_script(CONFIG)).turn not in {"", seen}
    assert acquire(shell, tmp_path).turn not in {"", seen}


@each_shell
def test_who_has_had_the_lock_between_two_tries_to_take_it_is_seen(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / ".kamal").mkdir()
    # At the first try somebody has it, and has given it back when it is looked who that is.
    first = '[ "$1" = "$lock" ] && [ -z "$tried" ]'
    busy_once = f'mkdir() {{ if {first}; then tried=1; return 1; fi; command mkdir "$@"; }}'
    script = acquire_script(CONFIG, DETAILS, token="r1", owner=an_owner())
    taken = answer(shell, tmp_path, f"{busy_once}\n{script}")
    assert (taken.outcome, taken.turn) == (LockOutcome.ACQUIRED, "")


@each_shell
@pytest.mark.parametrize("stat", ["exit 1", "echo usage >&2; exit 2"])
def test_a_host_that_can_not_tell_the_turn_gives_no_answer(
    shell: tuple[str, ...], tmp_path: Path, stat: str
) -> None:
    (tmp_path / ".kamal").mkdir()
    free = answer(shell, tmp_path, f"stat() {{ {stat}; }}\n{status_script(CONFIG)}")
    assert (free.outcome, free.turn) == (LockOutcome.FREE, "")


@each_shell
def test_where_no_lock_was_ever_taken_there_is_no_turn(shell: tuple[str, ...], tmp_path: Path) -> None:
    free = answer(shell, tmp_path, status_script(CONFIG))
    assert (free.outcome, free.turn) == (LockOutcome.FREE, "")


@each_shell
def test_of_ten_takers_one_wins(shell: tuple[str, ...], tmp_path: Path) -> None:
    with ThreadPoolExecutor(10) as pool:
        reports = list(pool.map(lambda number: acquire(shell, tmp_path, f"r{number}"), range(10)))
    assert Counter(report.outcome for report in reports) == {LockOutcome.ACQUIRED: 1, LockOutcome.HELD: 9}
    winner = next(number for number, each in enumerate(reports) if each.outcome is LockOutcome.ACQUIRED)
    assert answer(shell, tmp_path, status_script(CONFIG)).owner == an_owner(f"r{winner}")
    assert len(list((tmp_path / ".kamal").iterdir())) == 1


@each_shell
def test_of_ten_who_take_over_a_stale_lock_one_wins(shell: tuple[str, ...], tmp_path: Path) -> None:
    acquire(shell, tmp_path, "dead")
    stale = answer(shell, tmp_path, status_script(CONFIG)).owner_text

    def take_over(number: int) -> LockReport:
        run = f"r{number}"
        script = takeover_script(CONFIG, stale, DETAILS, token=run, owner=an_owner(run))
        return answer(shell, tmp_path, script)

    with ThreadPoolExecutor(10) as pool:
        reports = list(pool.map(take_over, range(10)))
    assert Counter(report.outcome for report in reports) == {LockOutcome.TAKEN_OVER: 1, LockOutcome.HELD: 9}
    winner = next(number for number, each in enumerate(reports) if each.outcome is LockOutcome.TAKEN_OVER)
    assert answer(shell, tmp_path, status_script(CONFIG)).owner == an_owner(f"r{winner}")
    assert files(tmp_path) == {".kamal", f"{LOCK}", f"{LOCK}/details", f"{LOCK}/backstaff"}


@each_shell
def test_a_lock_that_changed_hands_is_not_taken_over(shell: tuple[str, ...], tmp_path: Path) -> None:
    acquire(shell, tmp_path, "alive")
    script = takeover_script(CONFIG, an_owner("dead").to_json(), DETAILS, token="t", owner=an_owner("new"))
    report = answer(shell, tmp_path, script)
    assert (report.outcome, report.owner) == (LockOutcome.HELD, an_owner("alive"))
    assert files(tmp_path) == {".kamal", f"{LOCK}", f"{LOCK}/details", f"{LOCK}/backstaff"}


@each_shell
def test_a_lock_that_was_released_meanwhile_is_reported_free(shell: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / ".kamal").mkdir()
    script = takeover_script(CONFIG, an_owner("dead").to_json(), DETAILS, token="t", owner=an_owner("new"))
    assert answer(shell, tmp_path, script).outcome is LockOutcome.FREE
    assert files(tmp_path) == {".kamal"}


@each_shell
def test_our_lock_is_released_once(shell: tuple[str, ...], tmp_path: Path) -> None:
    acquire(shell, tmp_path)
    script = release_if_ours_script(CONFIG, an_owner(), token="t")
    assert answer(shell, tmp_path, script).outcome is LockOutcome.RELEASED
    assert answer(shell, tmp_path, script).outcome is LockOutcome.FREE
    assert files(tmp_path) == {".kamal"}


@each_shell
def test_a_lock_of_somebody_else_is_not_released_as_ours(shell: tuple[str, ...], tmp_path: Path) -> None:
    acquire(shell, tmp_path, "theirs")
    report = answer(shell, tmp_path, release_if_ours_script(CONFIG, an_owner("ours"), token="t"))
    assert (report.outcome, report.owner) == (LockOutcome.HELD, an_owner("theirs"))


@each_shell
def test_a_lock_taken_by_hand_has_no_owner_and_can_be_released_by_anybody(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    acquire(shell, tmp_path, by_hand=True)
    report = answer(shell, tmp_path, release_if_ours_script(CONFIG, an_owner(), token="t"))
    assert (report.outcome, report.owner, report.owner_text) == (LockOutcome.HELD, None, "")
    assert answer(shell, tmp_path, release_script(CONFIG, token="t")).outcome is LockOutcome.RELEASED
    assert answer(shell, tmp_path, release_script(CONFIG, token="t")).outcome is LockOutcome.FREE


@each_shell
def test_a_host_that_can_not_make_the_lock_says_why(shell: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / ".kamal").write_text("a file in the directory's place")
    done = run_script(shell, acquire_script(CONFIG, DETAILS, token="t", owner=an_owner()), tmp_path)
    assert done.returncode == 1
    assert ".kamal" in done.stderr


@each_shell
def test_a_script_that_arrives_in_part_does_nothing(shell: tuple[str, ...], tmp_path: Path) -> None:
    script = acquire_script(CONFIG, DETAILS, token="t", owner=an_owner())
    for length in (len(script) // 3, len(script) // 2, script.rindex("}")):
        run_script(shell, script[:length], tmp_path)
        assert files(tmp_path) == set()


def wrapped(home: Path, program: str, before: str) -> Path:
    """A directory for the PATH in which `program` does something `before` it does its work."""
    directory = home / "bin"
    directory.mkdir()
    wrapper = directory / program
    wrapper.write_text(f'#!/bin/sh\n{before}\nexec {shutil.which(program)} "$@"\n')
    wrapper.chmod(0o755)
    return directory


def cancelled_at(
    shell: tuple[str, ...], program: str, home: Path, script: str, number: signal.Signals = signal.SIGTERM
) -> None:
    """Runs a script, and signals its process group when its first call of `program` is about to begin."""
    begun, go = home / "begun", home / "go"
    os.mkfifo(begun)
    os.mkfifo(go)
    gate = f"if [ -p {begun} ]; then echo > {begun}; read _ < {go}; rm -f {begun}; fi"
    directory = wrapped(home, program, gate)
    process = subprocess.Popen(
        shell,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=home,
        env={"PATH": f"{directory}:/usr/bin:/bin"},
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(script.encode())
    process.stdin.close()
    begun.read_text()
    os.killpg(process.pid, number)
    opened = os.open(go, os.O_RDWR)
    os.write(opened, b"\n")
    process.wait(timeout=30)
    os.close(opened)
    for fifo in (begun, go):
        fifo.unlink(missing_ok=True)
    shutil.rmtree(directory)


each_end = pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])


@each_shell_of_the_path
@each_end
def test_a_call_cancelled_while_it_takes_the_lock_leaves_a_whole_lock(
    shell: tuple[str, ...], tmp_path: Path, number: signal.Signals
) -> None:
    script = acquire_script(CONFIG, DETAILS, token="t", owner=an_owner())
    cancelled_at(shell, "mv", tmp_path, script, number)
    assert files(tmp_path) == {".kamal", f"{LOCK}", f"{LOCK}/details", f"{LOCK}/backstaff"}
    report = answer(shell, tmp_path, status_script(CONFIG))
    assert (report.outcome, report.owner) == (LockOutcome.HELD, an_owner())


@each_shell_of_the_path
@each_end
def test_a_call_cancelled_while_it_takes_a_lock_over_leaves_a_whole_lock(
    shell: tuple[str, ...], tmp_path: Path, number: signal.Signals
) -> None:
    acquire(shell, tmp_path, "dead")
    stale = answer(shell, tmp_path, status_script(CONFIG)).owner_text
    script = takeover_script(CONFIG, stale, DETAILS, token="t", owner=an_owner("new"))
    cancelled_at(shell, "mv", tmp_path, script, number)
    assert files(tmp_path) == {".kamal", f"{LOCK}", f"{LOCK}/details", f"{LOCK}/backstaff"}
    assert answer(shell, tmp_path, status_script(CONFIG)).owner == an_owner("new")


@each_shell_of_the_path
@each_end
def test_a_call_cancelled_while_it_releases_the_lock_leaves_none(
    shell: tuple[str, ...], tmp_path: Path, number: signal.Signals
) -> None:
    acquire(shell, tmp_path)
    script = release_if_ours_script(CONFIG, an_owner(), token="t")
    cancelled_at(shell, "mv", tmp_path, script, number)
    assert files(tmp_path) == {".kamal"}


@each_shell_of_the_path
def test_a_call_cancelled_before_it_takes_the_lock_does_not_take_it(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    script = acquire_script(CONFIG, DETAILS, token="t", owner=an_owner())
    cancelled_at(shell, "cat", tmp_path, script)
    assert files(tmp_path) == {".kamal"}


@each_shell_of_the_path
def test_a_release_waits_for_a_lock_of_ours_that_is_just_being_made(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    acquire(shell, tmp_path)
    (tmp_path / LOCK).rename(tmp_path / "made")
    (tmp_path / LOCK).mkdir()
    meanwhile = f"cp {tmp_path}/made/* {tmp_path / LOCK} && exit 0"
    path = f"{wrapped(tmp_path, 'sleep', meanwhile)}:/usr/bin:/bin"
    done = run_script(shell, release_if_ours_script(CONFIG, an_owner(), token="t"), tmp_path, path)
    assert parse_lock_report(done.stdout).outcome is LockOutcome.RELEASED


@each_shell
def test_lock_directory_is_readable_for_kamal_run_by_another_member_of_the_team(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    acquire(shell, tmp_path)
    mode = stat.S_IMODE((tmp_path / LOCK).stat().st_mode)
    umask = int(subprocess.run([*shell, "-c", "umask"], capture_output=True, text=True, check=True).stdout, 8)
    assert mode == 0o777 & ~umask
