"""`backstaff demo` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backstaff.demo.scenarios import SCENARIOS
from tests.demo.test_ended import insist, let_release_hang


def demo(*arguments: str, directory: Path) -> "subprocess.Popen[str]":
    """The command, with its temporary files and its home in `directory`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "backstaff", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=directory,
        start_new_session=True,
    )


def group_is_gone(process: "subprocess.Popen[str]") -> bool:
    """Whether nothing of the process's session is left."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_scenarios_are_listed(tmp_path: Path) -> None:
    process = demo("--list", directory=tmp_path)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.startswith("healthy ")
    assert len(out.splitlines()) == 16


def test_titles_of_runs_fit_into_a_line() -> None:
    longest = max(SCENARIOS.values(), key=lambda scenario: len(scenario.summary))
    assert len(f"=== deploy v2: {longest.summary}") <= 100


def test_an_unknown_scenario_names_the_known_ones(tmp_path: Path) -> None:
    process = demo("--scenario", "crashloop", directory=tmp_path)
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert "there is no scenario crashloop, did you mean crash-loop" in err
    assert "known ones: healthy, slow-boot, stuck-filter" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--scenario", "big", "--hosts", "3"), "scenario big needs at least 4 hosts"),
        (("--hosts", "100", "--speed", "20"), "use --speed 1.2 or less"),
    ],
)
def test_what_can_not_be_simulated_is_refused(tmp_path: Path, arguments: list[str], reason: str) -> None:
    process = demo(*arguments, directory=tmp_path)
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert reason in err
    assert list(tmp_path.iterdir()) == []


def test_a_failure_s_commands_are_said_to_be_examples_once(tmp_path: Path) -> None:
    process = demo("--scenario", "lock-held", "--speed", "2", directory=tmp_path)
    out, _ = process.communicate()
    assert process.returncode == 3
    assert out.count("are examples") == 1


def test_the_plan_that_a_scenario_is_about_is_proved_before_the_run(tmp_path: Path) -> None:
    process = demo("--scenario", "job-first", "--no-tui", "--speed", "2", directory=tmp_path)
    lines = process.communicate()[0].splitlines()
    assert process.returncode == 0
    title = next(number for number, line in enumerate(lines) if line.startswith("=== deploy v2"))
    assert lines[title + 1 : title + 4] == [
        "plan  group 1: web on h2 opens barrier web once it is healthy",
        "      group 2: job on h1 waits at barrier web, which group 1 can open",
        "      hosts of web come first, wherever deploy.yml names them",
    ]


def test_json_is_one_event_a_line_and_nothing_else(tmp_path: Path) -> None:
    process = demo("--scenario", "image-missing", "--speed", "2", "--json", directory=tmp_path)
    out, err = process.communicate()
    assert (process.returncode, err) == (1, "")
    kinds = [json.loads(line)["kind"] for line in out.splitlines()]
    assert kinds.count("run_ended") == 2
    assert kinds[-2:] == ["failed", "run_ended"]


def test_a_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    process = demo("--scenario", "image-missing", "--speed", "2", "--quiet", directory=tmp_path)
    out, _ = process.communicate()
    assert "are examples" not in out
    assert list(tmp_path.iterdir()) == []
    assert group_is_gone(process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    process = demo("--scenario", "slow-boot", directory=tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "starts v1" in line:
            break
    process.send_signal(number)
    out, _ = process.communicate()
    assert process.returncode == 128 + number
    assert "CANCELLED" in out
    assert list(tmp_path.iterdir()) == []
    assert group_is_gone(process)


def test_a_second_signal_ends_it_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = demo("--scenario", "slow-boot", directory=tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "starts v1" in line:
            break
    let_release_hang(tmp_path)
    process.send_signal(signal.SIGINT)
    insist(process)
    out, _ = process.communicate()
    # Of the second: the first one has not ended it.
    assert process.returncode == 128 + signal.SIGTERM
    assert "CANCELLED" not in out
    assert list(tmp_path.iterdir()) == []
    assert group_is_gone(process)


def test_a_stop_that_comes_twice_at_once_ends_it_well(tmp_path: Path) -> None:
    process = demo("--scenario", "slow-boot", directory=tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "starts v1" in line:
            break
    # Stopped, so that they come at once however busy this machine is.
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        process.send_signal(number)
    out, _ = process.communicate()
    # Which of the two is the first is up to the system.
    assert process.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM}
    assert "CANCELLED" in out
    assert list(tmp_path.iterdir()) == []
    assert group_is_gone(process)
