"""`backstaff runs export`: a run in one file."""

import json
import os
import stat
import sys
import types
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO

import pytest

from backstaff.replay.recording import Recording
from tests.cli.history import CUT_OFF, DONE, FAILED, REPORT, runs_directory, some_history
from tests.cli.project import Project


def content(run: str) -> bytes:
    return (runs_directory() / f"{run}.jsonl").read_bytes()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes pages, in a few words."""

    def write_page(recording: Recording, file: TextIO) -> None:
        started = recording.summary().started
        assert started is not None
        file.write(f"<p>{started.run} ·</p>\n")

    module = types.ModuleType("backstaff.report.page")
    module.__dict__["write_page"] = write_page
    monkeypatch.setitem(sys.modules, "backstaff.report.page", module)


def test_the_newest_run_is_written_here_and_is_its_owners_alone(project: Project) -> None:
    some_history()
    umask = os.umask(0)
    try:
        result = project.run("runs", "export")
    finally:
        os.umask(umask)
    path = project.directory / f"backstaff-{DONE}.jsonl"
    assert path.read_bytes() == content(DONE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"backstaff-{DONE}.jsonl (")


def test_what_is_written_opens_again_with_all_that_it_had(project: Project) -> None:
    some_history()
    project.run("runs", "export", "00bb", "-o", "mine.jsonl")
    for command in (["show", "--json"],):
        first = json.loads(project.run("runs", *command, FAILED).out)
        second = json.loads(project.run("runs", *command, "mine.jsonl").out)
        assert {**first, "path": ""} == {**second, "path": ""}


def test_a_run_that_was_cut_off_is_written_as_it_is(project: Project) -> None:
    some_history()
    with (runs_directory() / f"{CUT_OFF}.jsonl").open("ab") as journal:
        journal.write(b'{"v":1,"se')
    assert project.run("runs", "export", "00cc", "-o", "x.jsonl").code == 0
    assert (project.directory / "x.jsonl").read_bytes() == content(CUT_OFF)
    assert "interrupted" in project.run("runs", "show", "x.jsonl").out


def test_nothing_is_ever_overwritten(project: Project) -> None:
    some_history()
    project.write("mine.jsonl", "mine")
    result = project.run("runs", "export", "-o", "mine.jsonl")
    assert (result.code, result.out) == (2, "")
    assert result.err == "mine.jsonl: there is such a file already\n  fix: name another place with -o\n"
    assert (project.directory / "mine.jsonl").read_text() == "mine"


def test_a_directory_gets_the_file_under_its_usual_name(project: Project) -> None:
    some_history()
    told = json.loads(project.run("runs", "export", "--json", "-o", "config").out)
    assert told == {"path": f"config/backstaff-{DONE}.jsonl", "size": len(content(DONE))}


@pytest.mark.parametrize("place", ["none/x.jsonl", "config/deploy.yml/x"])
def test_a_place_where_nothing_can_be_written_is_told(project: Project, place: str) -> None:
    some_history()
    result = project.run("runs", "export", "-o", place)
    assert result.code == 2
    assert result.err.startswith(f"{place}: can not be written: ")


def test_a_file_that_could_not_be_written_whole_does_not_stay(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_history()

    def full(_recording: Recording, file: BinaryIO, _progress: object) -> None:
        file.write(b"half a line")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Recording, "copy_to", full)
    result = project.run("runs", "export", "-o", "x.jsonl")
    assert result.err.startswith("x.jsonl: can not be written: No space left on device\n")
    assert not (project.directory / "x.jsonl").exists()


def test_a_dash_is_standard_output_with_nothing_else_on_it(project: Project) -> None:
    some_history()
    out = BytesIO()
    result = project.run("runs", "export", "00bb", "-o", "-", stdout=TextIOWrapper(out, write_through=True))
    assert (result.code, result.err) == (0, "")
    assert out.getvalue() == content(FAILED)


@pytest.mark.usefixtures("page")
def test_a_page_is_written_beside_it_or_to_standard_output(project: Project) -> None:
    some_history()
    assert project.run("runs", "export", "--html").code == 0
    path = project.directory / f"backstaff-{DONE}.html"
    assert path.read_bytes() == f"<p>{DONE} ·</p>\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    out = BytesIO()
    project.run("runs", "export", "--html", "-o", "-", stdout=TextIOWrapper(out, write_through=True))
    assert out.getvalue() == path.read_bytes()


def test_a_reader_that_goes_away_is_no_failure(project: Project, tmp_path: Path) -> None:
    some_history()
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        result = project.run("runs", "export", "-o", "-", stdout=stdout)
    assert (result.code, result.err) == (0, "")


def test_the_console_can_not_write_two_copies_over_each_other(tmp_path: Path, project: Project) -> None:
    from backstaff.cli.journal_copy import copy_journal

    some_history()
    journal = runs_directory() / f"{DONE}.jsonl"
    first, second = (copy_journal(journal, tmp_path) for _ in range(2))
    assert [path.name for path in (first, second)] == [f"backstaff-{DONE}.jsonl", f"backstaff-{DONE}-2.jsonl"]
    assert first.read_bytes() == second.read_bytes() == journal.read_bytes()


def test_a_log_of_kamals_is_written_as_a_journal(project: Project) -> None:
    result = project.run("runs", "export", str(REPORT))
    path = project.directory / "backstaff-report-2.6.0.jsonl"
    assert (result.code, result.err) == (0, "")
    shown = project.run("runs", "show", str(path))
    assert "job waits for web; no web host has started; its group comes after" in shown.out
    assert "command  kamal deploy -d production" in shown.out


def test_a_log_of_kamals_is_written_as_a_page(project: Project) -> None:
    assert project.run("runs", "export", str(REPORT), "--html").code == 0
    page = (project.directory / "backstaff-report-2.6.0.html").read_text()
    assert "<span>Kamal</span>" in page
    assert "no web host has started" in page
