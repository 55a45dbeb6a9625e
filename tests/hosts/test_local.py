"""Programs on this machine: output line by line, ends, and nothing left behind."""

import asyncio
import subprocess
import time
from pathlib import Path

import pytest

from backstaff import child_programs
from backstaff.child_programs import kill_live_groups
from backstaff.hosts.local import run_local
from tests.hosts.ssh_server import until
from tests.hosts.test_run import runs


async def test_output_comes_line_by_line_and_as_a_whole() -> None:
    seen: list[tuple[str, str]] = []

    result = await run_local(
        "echo one; echo two >&2; printf 'th\\377ree'; exit 3",
        on_line=lambda stream, line: seen.append((stream, line)),
    )

    assert (result.status, result.stdout, result.stderr) == (3, "one\nth\ufffdree", "two\n")
    assert sorted(seen) == [("stderr", "two"), ("stdout", "one"), ("stdout", "th\ufffdree")]


async def test_arguments_environment_and_directory_arrive(tmp_path: Path) -> None:
    result = await run_local(
        ["sh", "-c", 'echo "$1 $GREETING"; pwd', "sh", "a b"],
        env={"GREETING": "hello"},
        cwd=tmp_path,
    )

    assert result.stdout == f"a b hello\n{tmp_path}\n"


async def test_it_has_no_input() -> None:
    assert (await run_local(["cat"])).stdout == ""


async def test_an_end_by_signal_is_told_as_a_negative_status() -> None:
    assert (await run_local("kill -9 $$")).status == -9


async def test_a_program_that_is_not_there_can_not_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        await run_local(["/no/such/program"])


async def test_what_a_program_leaves_in_the_background_does_not_hold_it_up(tmp_path: Path) -> None:
    result = await run_local("sleep 60 & echo $! >pid; echo done", cwd=tmp_path)
    await run_local(["kill", (tmp_path / "pid").read_text().strip()])

    assert (result.status, result.stdout) == (0, "done\n")


async def test_cancelling_ends_the_program_and_all_that_it_started(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    async with asyncio.TaskGroup() as group:
        run = group.create_task(run_local("sleep 60 & echo $! $$ >new; mv new pids; sleep 60", cwd=tmp_path))
        await until(file.exists)
        run.cancel()
    await until(lambda: not any(map(runs, file.read_text().split())))

    assert run.cancelled()


async def test_cancelling_lets_a_program_clean_up(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        run = group.create_task(
            run_local(
                "trap 'echo cleaned >cleaned; exit' TERM; touch up; while :; do sleep 0.05; done",
                cwd=tmp_path,
            )
        )
        await until((tmp_path / "up").exists)
        run.cancel()

    assert (tmp_path / "cleaned").read_text() == "cleaned\n"


async def test_cancelling_in_the_moment_of_the_start_ends_all_that_runs_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pids"
    popen = subprocess.Popen

    class Quick(popen):  # type: ignore[valid-type, misc]
        """Runs in full before the event loop hears of it, which is cancelled then."""

        def __init__(self, *args: object, **settings: object) -> None:
            super().__init__(*args, **settings)
            while not file.exists():
                time.sleep(0.01)
            run.cancel()

    monkeypatch.setattr(subprocess, "Popen", Quick)
    script = "trap 'echo cleaned >cleaned; exit' TERM; sleep 600 & echo $! $$ >new; mv new pids; wait"
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        run = group.create_task(run_local(script, cwd=tmp_path))
    await until(lambda: not any(map(runs, file.read_text().split())))

    assert run.cancelled()
    assert (tmp_path / "cleaned").read_text() == "cleaned\n"


async def test_all_that_runs_can_be_killed_at_once(tmp_path: Path) -> None:
    async def kill_when_it_is_waited_for() -> None:
        # The program may run for a moment before the event loop has heard of it.
        await until(lambda: (tmp_path / "pid").is_file() and bool(child_programs._live_groups))
        kill_live_groups()

    async with asyncio.TaskGroup() as group:
        group.create_task(kill_when_it_is_waited_for())
        result = await run_local("trap '' TERM; touch pid; sleep 60", cwd=tmp_path)

    assert result.status == -9


async def test_what_has_ended_is_not_killed(tmp_path: Path) -> None:
    await run_local("sleep 60 & echo $! >pid", cwd=tmp_path)
    left = (tmp_path / "pid").read_text().strip()
    kill_live_groups()

    assert runs(left)
    await run_local(["kill", left])
