"""`backstaff replay` without a console."""

import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from backstaff.cli.replay import MOST_DAMAGE
from backstaff.demo.scenarios import SCENARIOS
from backstaff.events.journal import JournalWriter
from backstaff.events.types import Event
from backstaff.headless.json_line import inert_json
from backstaff.headless.line import Detail
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from tests.cli.history import CUT_OFF, DONE, FAILED, runs_directory, some_history
from tests.cli.project import Project
from tests.recordings import recorded
from tests.replay.journals import a_failed_run, text_of

KAMAL = Path(__file__).parents[1] / "data" / "kamal"
RUN = a_failed_run()
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("COLUMNS", "0")


def as_it_was_printed(events: tuple[Event, ...], detail: Detail) -> str:
    """What headless mode prints of a run while it goes on, event by event."""
    out = StringIO()
    sink = LineSink(Outlet(out), detail=detail)
    for event in events:
        sink(event)
    sink.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("options", "detail"), [((), Detail.NORMAL), (("-v",), Detail.VERBOSE), (("-q",), Detail.QUIET)]
)
@pytest.mark.parametrize("scenario", ["unhealthy", "healthy", "host-lost"])
def test_a_run_is_printed_as_headless_mode_did(
    project: Project, tmp_path: Path, scenario: str, options: tuple[str, ...], detail: Detail
) -> None:
    assert scenario in SCENARIOS
    events = recorded(scenario)
    path = tmp_path / "run.jsonl"
    path.write_bytes(text_of(events))
    result = project.run("replay", str(path), "--no-tui", *options)
    assert result.code == 0
    assert result.err == ""
    assert result.out == as_it_was_printed(events, detail)


def test_as_json_the_events_are_what_the_journal_holds(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(text_of(RUN))
    result = project.run("replay", str(path), "--no-tui", "--json")
    assert result.code == 0
    assert result.out == "".join(f"{inert_json(event.to_line())}\n" for event in RUN)


def test_without_a_name_it_is_the_newest_run(project: Project) -> None:
    some_history()
    assert "DONE  shop v42" in project.run("replay").out
    assert DONE > FAILED


@pytest.mark.parametrize(
    ("name", "said"),
    [("00bb", "FAILED"), (FAILED, "FAILED"), ("last-failed", "FAILED"), (CUT_OFF, "CUT OFF")],
)
def test_a_run_is_found_by_its_name_or_part_of_it(project: Project, name: str, said: str) -> None:
    some_history()
    result = project.run("replay", name)
    assert result.code == 0
    assert said in result.out


def test_a_log_of_kamals_is_printed_with_its_explanation(project: Project) -> None:
    result = project.run("replay", str(KAMAL / "report-2.6.0.log"), "--no-tui")
    assert result.code == 0
    assert "job waits for web; no web host has started; its group comes after" in result.out


def test_lines_that_can_not_be_read_are_told_beside_the_run(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(text_of(RUN[:3]) + b"no event\n" + text_of(RUN[3:]))
    result = project.run("replay", str(path))
    assert result.code == 0
    assert result.out == as_it_was_printed(tuple(RUN), Detail.NORMAL)
    assert "can not be read and is left out" in result.err


@pytest.mark.parametrize("name", ["nothing.jsonl", "./nothing", "zzzz", "."])
def test_what_can_not_be_opened_is_told_in_one_line(project: Project, name: str) -> None:
    some_history()
    result = project.run("replay", name)
    assert result.code == 2
    assert result.out == ""
    first, *fix = result.err.splitlines()
    assert name.removeprefix("./") in first or "is a directory" in first
    assert len(fix) <= 1


def test_no_runs_at_all_is_told(project: Project) -> None:
    result = project.run("replay")
    assert result.code == 2
    assert "no runs are recorded yet" in result.err


@pytest.mark.parametrize("option", [("--at", "0:10"), ("--speed", "2")])
def test_what_is_for_the_console_is_refused_without_one(project: Project, option: tuple[str, ...]) -> None:
    some_history()
    result = project.run("replay", *option, "--no-tui")
    assert result.code == 2
    assert "--at and --speed are for the console" in result.err


@pytest.mark.parametrize("speed", ["0", "0.1", "1000", "fast"])
def test_a_speed_out_of_range_is_refused(project: Project, speed: str) -> None:
    some_history()
    assert project.run("replay", "--speed", speed).code == 2


def _started(*words: str) -> "subprocess.Popen[str]":
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "app"), "PYTHONUNBUFFERED": "1"}
    argv = [sys.executable, "-m", "backstaff", "replay", *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)


def test_a_run_that_goes_on_is_followed_to_its_end(project: Project) -> None:
    writer = JournalWriter(runs_directory(), DONE, pytest.fail)
    for event in RUN[:10]:
        writer(event)
    with _started("--json") as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(10)]
        assert first == [f"{inert_json(event.to_line())}\n" for event in RUN[:10]]
        for event in RUN[10:]:
            writer(event)
        out, err = process.communicate(timeout=PATIENCE_S)
        writer.close()
    assert process.returncode == 0
    assert err == ""
    assert out == "".join(f"{inert_json(event.to_line())}\n" for event in RUN[10:])


def test_following_ends_with_ctrl_c(project: Project) -> None:
    writer = JournalWriter(runs_directory(), DONE, pytest.fail)
    for event in RUN[:10]:
        writer(event)
    with _started("--json") as process:
        assert process.stdout is not None
        for _ in range(10):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    writer.close()
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_ends_it(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(text_of(recorded("big")))
    with _started(str(path), "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=PATIENCE_S) == 0
    assert err == ""


def test_of_many_lines_that_can_not_be_read_most_are_only_counted(project: Project) -> None:
    some_history()
    path = runs_directory() / f"{DONE}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"damage\n" * 30 + b"".join(lines[1:]))
    result = project.run("replay", "--no-tui", DONE)
    assert result.err.count("can not be read and is left out") == MOST_DAMAGE
    assert result.err.splitlines()[-1].endswith(f"{30 - MOST_DAMAGE} more lines of it can not be read")
