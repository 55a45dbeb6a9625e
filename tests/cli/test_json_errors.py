"""`--json` when a command ends before a run, or without one: one object that says why."""

import json
from pathlib import Path

import pytest

from backstaff.errors import ConfigError, ConfigIssue, UsageError
from backstaff.headless.ndjson import error_record
from tests.cli.project import Project, Result
from tests.fakes.faults import Connecting
from tests.fakes.hosts import Datacentre


def record(result: Result) -> dict[str, object]:
    """The only line on standard output."""
    (line,) = result.out.splitlines()
    told = json.loads(line)
    assert isinstance(told, dict)
    assert (told["v"], told["kind"], told["exit_code"]) == (1, "error", result.code)
    return told


@pytest.mark.parametrize("command", ["deploy", "plan", "config", "app version", "lock status"])
def test_a_wrong_configuration_is_told_issue_by_issue_with_its_place(project: Project, command: str) -> None:
    project.add("bootx: 1\nproxi: 2\n")
    result = project.run(*command.split(), "--json")
    told = record(result)
    assert result.code == 2
    assert told["what"] == "2 issues in the configuration"
    assert told["issues"] == [
        {
            "file": "config/deploy.yml",
            "line": 21,
            "column": 1,
            "path": "bootx",
            "message": "unknown key",
            "suggestion": "boot",
        },
        {
            "file": "config/deploy.yml",
            "line": 22,
            "column": 1,
            "path": "proxi",
            "message": "unknown key",
            "suggestion": "proxy",
        },
    ]
    assert "config/deploy.yml:21:1: bootx: unknown key" in result.err


def test_other_errors_have_what_where_evidence_and_fix(project: Project) -> None:
    def refuse(datacentre: Datacentre) -> None:
        datacentre["h2"].connecting = Connecting.REFUSED

    project.servers.set = refuse
    told = record(project.run("lock", "status", "--json", "-h", "h2"))
    assert (told["exit_code"], told["where"]) == (4, "h2")
    assert told["what"]
    assert told["issues"] == []


@pytest.mark.parametrize("argv", ["deploy --json --nope", "demo --json --scenario nope"])
def test_a_wrong_command_line_is_told_too(project: Project, argv: str) -> None:
    assert record(project.run(*argv.split()))["exit_code"] == 2


def test_without_json_nothing_but_standard_error_is_written(project: Project) -> None:
    project.add("bootx: 1\n")
    assert project.run("config").out == ""
    assert project.run("app", "version", "--", "--json").out == ""


def test_what_comes_from_outside_is_inert(project: Project) -> None:
    told = project.run("app", "version", "--json", "-d", "a\x9b31m")
    assert told.out.isascii()
    assert told.out.rstrip("\n").isprintable()


def test_names_that_are_not_utf_8_can_be_told() -> None:
    issue = ConfigIssue(Path("caf\udce9/deploy.yml"), 1, 2, "a\udce9", "b\udce9", "c\udce9")
    assert error_record(ConfigError([issue])).issues[0].file == "caf?/deploy.yml"
    error = UsageError("a\udce9", where="b\udce9", evidence=["c\udce9"], fix="d\udce9")
    assert json.loads(error_record(error).to_line())["evidence"] == ["c?"]


def test_an_error_says_the_same_where_a_ci_system_reads_commands_out_of_it(project: Project) -> None:
    result = project.run("config", "-c", "##[error]x.yml", "--json", environ={"GITHUB_ACTIONS": "true"})
    assert "##[" not in result.out + result.err
    assert "##[error]x.yml" in json.dumps(record(result))
