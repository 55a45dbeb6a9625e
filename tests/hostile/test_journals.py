"""Journals are handed around: who looks at somebody else's has a terminal and a CI log afterwards."""

import io
import json
import re
from pathlib import Path

import pytest

from backstaff.events.types import Event
from backstaff.headless.ci import CiFormat, GitHubFormat, GitLabFormat, PlainFormat
from backstaff.headless.line import Detail
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.paint import Paint
from backstaff.headless.sink import LineSink
from tests.cli.project import Project
from tests.hostile.journals import (
    ALL_AT_ONCE,
    BODIES,
    PAYLOADS,
    drives_a_terminal,
    made_hostile,
    of_every_kind,
)
from tests.recordings import DIRECTORY, recorded
from tests.replay.journals import text_of

RECORDINGS = sorted(
    path.name.partition(".")[0] for path in DIRECTORY.glob("*.jsonl.gz") if path.stem != "big.jsonl"
)
MARK = re.compile(r"::(group::|endgroup::$|error title=[^:,]*::)")
SECTION = re.compile(r"^\x1b\[0Ksection_(?:start|end):\d+:backstaff_\w+\r\x1b\[0K", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[(?:0|1|2|32|33|31;1)m")
ALL_KINDS = ""
payloads = pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
runs = pytest.mark.parametrize(
    ("name", "payload"),
    [*((ALL_KINDS, each) for each in PAYLOADS), *((name, ALL_AT_ONCE) for name in RECORDINGS)],
    ids=[*map(str, range(len(PAYLOADS))), *RECORDINGS],
)
NAME = "20261123-113601-cace"


def a_run(name: str, payload: str) -> list[Event]:
    """One of our recordings, or a run that has all kinds of events and makes no sense."""
    if name == ALL_KINDS:
        return of_every_kind(payload)
    return [made_hostile(event, payload) for event in recorded(name)]


def printed(events: list[Event], ci: CiFormat, detail: Detail, width: int, *, colour: bool = False) -> str:
    out = io.StringIO()
    sink = LineSink(Outlet(out, paint=Paint(enabled=colour), ci=ci), detail=detail, width=width)
    for event in events:
        sink(event)
    sink.close()
    return out.getvalue()


def check_marks(text: str) -> None:
    """GitHub takes nothing for a command that is none of ours."""
    assert "##[" not in text
    for line in text.split("\n"):
        assert not line.lstrip().startswith("::") or MARK.match(line), line


def test_every_kind_of_event_and_every_field_is_made_hostile() -> None:
    events = of_every_kind("PAYLOAD")
    assert {type(event.body) for event in events} == set(BODIES)
    texts = {
        f"{model.__name__}.{name}"
        for model in BODIES
        for name, field in model.model_fields.items()
        if field.annotation is str
    }
    assert texts == {
        f"{type(event.body).__name__}.{name}"
        for event in events
        for name, value in event.body
        if value == "PAYLOAD"
    }


@runs
def test_what_is_printed_of_a_run_drives_no_terminal_and_no_ci_system(name: str, payload: str) -> None:
    events = a_run(name, payload)
    for detail in (Detail.QUIET, Detail.VERBOSE):
        for width in (0, 40):
            assert not drives_a_terminal(printed(events, PlainFormat(), detail, width))
            github = printed(events, GitHubFormat(), detail, width)
            assert not drives_a_terminal(github)
            check_marks(github)
            assert not drives_a_terminal(SECTION.sub("", printed(events, GitLabFormat(), detail, width)))


@runs
def test_our_own_colours_are_all_that_a_terminal_gets(name: str, payload: str) -> None:
    coloured = printed(a_run(name, payload), PlainFormat(), Detail.VERBOSE, 80, colour=True)
    assert COLOURS.search(coloured)
    assert not drives_a_terminal(COLOURS.sub("", coloured))


@payloads
def test_json_is_printed_with_nothing_in_it_that_drives_a_terminal(payload: str) -> None:
    out = io.StringIO()
    sink = JsonSink(Outlet(out))
    events = of_every_kind(payload)
    for event in events:
        sink(event)
    assert not drives_a_terminal(out.getvalue())
    assert [json.loads(line)["seq"] for line in out.getvalue().splitlines()] == [each.seq for each in events]


@runs
def test_json_in_a_ci_log_has_no_command_in_it_and_says_the_same(name: str, payload: str) -> None:
    out = io.StringIO()
    sink = JsonSink(Outlet(out, ci=GitHubFormat()))
    events = a_run(name, payload)
    for event in events:
        sink(event)
    check_marks(out.getvalue())
    assert list(map(json.loads, out.getvalue().splitlines())) == [json.loads(e.to_line()) for e in events]


@pytest.mark.parametrize(
    ("name", "payload", "variable"),
    [
        *((ALL_KINDS, each, "GITHUB_ACTIONS") for each in PAYLOADS),
        (ALL_KINDS, ALL_AT_ONCE, "GITLAB_CI"),
        ("unhealthy", ALL_AT_ONCE, "GITHUB_ACTIONS"),
        ("stuck-filter", ALL_AT_ONCE, "NO_COLOR"),
    ],
    ids=[*map(str, range(len(PAYLOADS))), "gitlab", "github", "neither"],
)
def test_no_command_that_reads_a_journal_passes_its_texts_on_as_they_are(
    project: Project, tmp_path: Path, name: str, payload: str, variable: str
) -> None:
    runs = tmp_path / "state" / "runs"
    runs.mkdir(parents=True)
    journal = runs / f"{NAME}.jsonl"
    journal.write_bytes(text_of(a_run(name, payload)))
    page = tmp_path / "page.html"
    for argv in (
        ("runs",),
        ("runs", "--json"),
        ("runs", "show", NAME),
        ("runs", "show", str(journal), "--json"),
        ("runs", "compare", NAME, NAME),
        ("runs", "compare", NAME, NAME, "--json"),
        ("replay", str(journal), "--no-tui", "-v"),
        ("replay", str(journal), "--json"),
        ("runs", "export", NAME, "--html", "-o", str(page)),
    ):
        result = project.run(*argv, environ={variable: "true"})
        assert result.code == 0, (argv, result.err)
        said = SECTION.sub("", result.out + result.err)
        assert not drives_a_terminal(said), argv
        if variable == "GITHUB_ACTIONS":
            check_marks(said)
    shown = page.read_text()
    assert not drives_a_terminal(shown)
    assert "<script>alert(1)" not in shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_journal_is_not_written_onto_a_terminal_as_it_is(project: Project, tmp_path: Path) -> None:
    journal = tmp_path / "evil.jsonl"
    journal.write_bytes(text_of(of_every_kind(PAYLOADS[0])) + b"\x1b[2J\n")
    terminal = Terminal()
    result = project.run("runs", "export", str(journal), "-o", "-", stdout=terminal)
    assert result.code != 0
    assert "replay" in result.err
    assert not terminal.getvalue()
