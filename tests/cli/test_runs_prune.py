"""`backstaff runs prune`, and the bounds that hold after each run."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backstaff.replay.prune import KEPT_RUNS
from tests.cli.history import CUT_OFF, DONE, FAILED, runs_directory, some_history
from tests.cli.project import Project


def names() -> list[str]:
    return sorted(path.name.removesuffix(".jsonl") for path in runs_directory().iterdir())


def many_runs(count: int, began: datetime) -> None:
    for number in range(count):
        name = f"{began + timedelta(seconds=number):%Y%m%d-%H%M%S}-{number:04x}.jsonl"
        (runs_directory() / name).write_bytes(b"x")


def test_what_is_removed_is_told_with_the_space_that_is_free_now(project: Project) -> None:
    some_history()
    size = sum((runs_directory() / f"{run}.jsonl").stat().st_size for run in (FAILED, CUT_OFF))
    result = project.run("runs", "prune", "--keep", "1")
    assert result.code == 0
    assert result.out.splitlines() == [CUT_OFF, FAILED, f"removed 2 runs, {round(size / 1000)} kB freed"]
    assert names() == [DONE]


def test_a_dry_run_removes_nothing(project: Project) -> None:
    some_history()
    said = project.run("runs", "prune", "--keep", "0", "--dry-run").out
    assert said.splitlines()[-1].startswith("3 runs would be removed")
    assert len(names()) == 3


def test_as_json_it_is_one_object(project: Project) -> None:
    some_history()
    told = json.loads(project.run("runs", "prune", "--json", "--keep", "2").out)
    assert (told["removed"], told["dry_run"]) == ([CUT_OFF], False)
    assert told["freed"] > 0


def test_without_a_bound_the_usual_ones_hold(project: Project) -> None:
    many_runs(KEPT_RUNS + 2, datetime.now(UTC) - timedelta(days=1))
    result = project.run("runs", "prune")
    assert result.out.splitlines()[-1] == "removed 2 runs, 2 B freed"
    assert project.run("runs", "prune").out.startswith("nothing to remove: ")


def test_runs_that_began_too_long_ago_or_take_too_much_room_go(project: Project) -> None:
    many_runs(1, datetime.now(UTC) - timedelta(days=31))
    many_runs(3, datetime.now(UTC) - timedelta(days=1))
    assert "removed 1 run," in project.run("runs", "prune", "--older-than", "30d").out
    assert "removed 2 runs," in project.run("runs", "prune", "--size", "1B").out
    assert len(names()) == 1


def refuse(path: Path, missing_ok: bool = False) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_what_can_not_be_removed_is_an_error_with_the_reason(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_history()
    monkeypatch.setattr(Path, "unlink", refuse)
    result = project.run("runs", "prune", "--keep", "2")
    assert result.code == 1
    assert "1 run could not be removed" in result.err
    assert f"{CUT_OFF}.jsonl can not be removed: Operation not permitted" in result.err


def a_recorded_run(project: Project) -> tuple[int, str]:
    result = project.run("app", "stop", "--no-tui")
    return result.code, result.err


def test_after_a_run_the_oldest_go_and_the_run_itself_is_kept(project: Project) -> None:
    many_runs(KEPT_RUNS + 5, datetime.now(UTC) - timedelta(days=1))
    before = names()
    assert a_recorded_run(project) == (0, "")
    assert len(names()) == KEPT_RUNS
    assert names()[:-1] == before[6:]
    assert names()[-1] not in before


def test_runs_that_can_not_be_removed_are_a_warning_and_change_no_exit_code(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_runs(1, datetime.now(UTC) - timedelta(days=400))
    monkeypatch.setattr(Path, "unlink", refuse)
    code, said = a_recorded_run(project)
    assert code == 0
    assert said.startswith("warning: ")
    assert said.endswith(" can not be removed: Operation not permitted\n")
    assert len(said.splitlines()) == 1


def test_a_state_directory_that_can_not_be_used_costs_warnings_and_no_run(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("state", "a file")
    monkeypatch.setenv("BACKSTAFF_STATE_DIR", str(project.directory / "state"))
    code, said = a_recorded_run(project)
    assert code == 0
    assert said.splitlines() == [
        f"warning: {project.directory}/state/runs: the directory of runs can not be read: Not a directory"
    ]
