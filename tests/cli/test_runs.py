"""`backstaff runs`: the list."""

import json
import subprocess
import sys

import pytest

from tests.cli.history import CUT_OFF, DONE, FAILED, record, records, runs_directory, some_history
from tests.cli.project import Project, Result

FAILURE = "web@h1: not healthy within 30 s"
WAIT = "job@h4 waits for the first healthy web container"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLUMNS", "0")


def listed(result: Result) -> list[object]:
    assert result.code == 0
    return [each["run"] for each in records(result)]


def test_runs_are_listed_newest_first_with_when_who_what_and_why(project: Project) -> None:
    some_history()
    assert project.run("runs").out.splitlines() == [
        "run   when                 who  command  app                version  verdict      took  cause",
        "a1b2  2026-11-23 12:03:57  ann  deploy   shop · production  v42      done         18 s",
        f"00bb  2026-11-22 12:03:57  ann  deploy   blog               v42      failed       51 s  {FAILURE}",
        f"00cc  2026-11-21 12:03:57  ann  deploy   shop · production  v42      interrupted  32 s  {WAIT}",
    ]


def test_as_json_each_run_is_an_object_with_nothing_cut(project: Project) -> None:
    some_history()
    row = records(project.run("runs", "--json"))[1]
    assert row == {
        "run": FAILED,
        "path": str(runs_directory() / f"{FAILED}.jsonl"),
        "began": "2026-11-22T12:03:57+00:00",
        "performer": "ann",
        "command": "deploy",
        "service": "blog",
        "destination": "",
        "version": "v42",
        "verdict": "failed",
        "took_s": 51.0,
        "cause": FAILURE,
        "size": (runs_directory() / f"{FAILED}.jsonl").stat().st_size,
    }


def test_the_list_fits_the_terminal(project: Project) -> None:
    some_history()
    lines = project.run("runs", environ={"COLUMNS": "120"}).out.splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[3].endswith("…")


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ("--service shop", [DONE, CUT_OFF]),
        ("--service sho", []),
        ("-d production", [DONE, CUT_OFF]),
        ("--verdict failed", [FAILED]),
        ("--verdict failed --verdict interrupted", [FAILED, CUT_OFF]),
        ("--since 2026-11-22", [DONE, FAILED]),
        ("--until 2026-11-22", [FAILED, CUT_OFF]),
        ("--since 2026-11-22T12:03:58 --until 2026-11-24", [DONE]),
        ("--since 2026-11-22T17:03:57+05:00", [DONE, FAILED]),
        ("-n 1", [DONE]),
        ("-n 1 --service blog", [FAILED]),
        ("-n 0", [DONE, FAILED, CUT_OFF]),
    ],
)
def test_the_list_can_be_narrowed(project: Project, options: str, runs: list[str]) -> None:
    some_history()
    assert listed(project.run("runs", "--json", *options.split())) == runs


def test_a_destination_may_be_asked_for_that_is_none(project: Project) -> None:
    some_history()
    assert listed(project.run("runs", "--json", "-d", "")) == [FAILED]


def test_that_there_are_more_runs_is_told_beside_the_list(project: Project) -> None:
    some_history()
    result = project.run("runs", "-n", "2")
    assert len(result.out.splitlines()) == 3
    assert result.err == "there are more runs: -n 10 shows more of them, -n 0 all\n"
    assert project.run("runs", "-n", "3").err == ""


def test_where_nothing_is_recorded_yet_that_is_said(project: Project) -> None:
    result = project.run("runs")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"no runs are recorded yet in {runs_directory()}")
    assert project.run("runs", "--json").out == ""
    some_history()
    assert project.run("runs", "--service", "none").out == "no recorded run is like that\n"


def test_what_can_not_be_read_is_a_line_among_the_others(project: Project) -> None:
    some_history()
    record("20261122-150000-dead", b"no journal\n")
    row = next(each for each in records(project.run("runs", "--json")) if each["verdict"] == "unreadable")
    assert row["cause"] == "is not a journal: not an event: the line is not JSON"
    assert len(project.run("runs").out.splitlines()) == 5


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("runs --since yesterday", "`yesterday` is no time; write it as 2h, 3d"),
        ("runs --until 25:00", "`25:00` is no time"),
        ("runs --verdict good", "'good' is not one of"),
        ("runs -n -1", "-1 is not in the range"),
        ("runs prune --older-than 30", "`30` is no time span; write it as 30m"),
        ("runs prune --size big", "`big` is no size; write it as 500MB"),
        ("runs --json show", "--json stands before `show`"),
        ("runs --json show", "options follow the command: backstaff runs show --json"),
        ("runs -d x prune", "it is an option of the list, `backstaff runs` without a command"),
        ("runs nonsense", "No such command 'nonsense'"),
    ],
)
def test_wrong_options_are_refused_with_the_right_form(project: Project, argv: str, told: str) -> None:
    some_history()
    result = project.run(*argv.split())
    assert result.code == 2
    assert told in result.err


COMMANDS = ["show", "export", "export -o -"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty: no event was ever written to it"),
        (b"service: shop\n", "is neither a journal nor a log|is not a journal"),
        (b'{"v":99,"kind":"run_started"}\n', "format version 99 is newer than 1"),
        (b'{"v":1,"seq":1,"at":"2026-', "holds no whole event: the run was cut off at its very start"),
        ('{"v":1}\n'.encode("utf-16"), "is UTF-16 text; journals are UTF-8"),
        (b'{"v":1,"performer":"\xe4nn"}\n', "the text is not UTF-8"),
        (b"\x1f\x8b\x08\0", "is compressed with gzip"),
    ],
)
def test_what_is_no_journal_is_refused_in_a_line_that_says_what_to_do(
    project: Project, command: str, content: bytes, what: str
) -> None:
    path = project.directory / "x.jsonl"
    path.write_bytes(content)
    result = project.run("runs", *command.split(), "x.jsonl")
    assert (result.code, result.out) == (2, "")
    line, fix = result.err.splitlines()
    assert line.startswith("x.jsonl: ")
    assert any(each in line for each in what.split("|"))
    assert fix.startswith("  fix: ")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("config", "config: is a directory, not a journal"),
        ("nope", "nope: there is no such run, and no such file"),
        ("2026112", f"`2026112` could be {DONE}, {FAILED} and {CUT_OFF}"),
    ],
)
def test_a_run_that_can_not_be_found_is_told_in_a_line(
    project: Project, command: str, wanted: str, told: str
) -> None:
    some_history()
    result = project.run("runs", *command.split(), wanted)
    assert result.code == 2
    line, fix = result.err.splitlines()
    assert line == told
    assert fix.startswith("  fix: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_without_any_run_a_command_says_where_runs_come_from(project: Project, command: str) -> None:
    result = project.run("runs", *command.split())
    assert result.code == 2
    line, fix = result.err.splitlines()
    assert line.endswith("runs: no runs are recorded yet")
    assert "backstaff deploy" in fix


def test_as_json_an_error_is_an_object_too(project: Project) -> None:
    result = project.run("runs", "show", "--json", "nope")
    told = json.loads(result.out)
    assert (told["kind"], told["where"], told["exit_code"]) == ("error", "nope", 2)


def test_the_list_starts_without_the_engine_and_the_console() -> None:
    costly = ("textual", "asyncssh", "aiodocker", "backstaff.engine", "backstaff.cli.compare")
    code = f"import sys, backstaff.cli.runs; print([name for name in {costly} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
