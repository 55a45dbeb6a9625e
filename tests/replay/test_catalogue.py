"""Runs listed and found by name."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backstaff.errors import ExitCode, JournalError
from backstaff.events.facts import FailureCard
from backstaff.events.journal import JournalWriter
from backstaff.events.types import Event, RunEnded
from backstaff.replay.catalogue import find_journal, runs_in, short_names
from backstaff.replay.run_row import STILL_S, RunRow, Verdict
from tests.events.builders import START, a_failed_deploy, a_good_deploy, a_stuck_barrier
from tests.replay.journals import a_journal, text_of
from tests.replay.keep_journals import DIRECTORY

OLDEST, OLDER, NEWEST = "20261121-090000-00aa", "20261122-090000-00bb", "20261123-120357-a1b2"


def a_run_file(directory: Path, run: str, content: bytes | list[Event] | None = None) -> Path:
    directory.mkdir(exist_ok=True)
    events = a_good_deploy().events if content is None else content
    return a_journal(directory, events, f"{run}.jsonl")


def some_runs(directory: Path) -> None:
    for run in (OLDER, NEWEST, OLDEST):
        a_run_file(directory, run)


def ended(events: list[Event], verdict: str) -> list[Event]:
    body = RunEnded.model_validate({"exit_code": 1, "verdict": verdict, "took_s": 51})
    return [*events[:-1], events[-1].model_copy(update={"body": body})]


def only_row(directory: Path) -> RunRow:
    (row,) = runs_in(directory)
    return row


@contextmanager
def going_on(directory: Path, run: str, events: list[Event]) -> Iterator[Path]:
    """A run whose process is alive."""
    journal = JournalWriter(directory, run, pytest.fail)
    for event in events:
        journal(event)
    yield journal.path
    journal.close()


def a_card(who: str = "h1") -> FailureCard:
    return FailureCard(title="boot of web on h1", host=who, role="web", cause="not healthy\nwithin 30 s")


def test_runs_are_listed_newest_first_with_what_they_were(tmp_path: Path) -> None:
    some_runs(tmp_path)
    rows = list(runs_in(tmp_path))
    assert [row.run for row in rows] == [NEWEST, OLDER, OLDEST]
    row = rows[0]
    assert (row.performer, row.command, row.service, row.destination, row.version) == (
        "ann",
        "deploy",
        "shop",
        "production",
        "v42",
    )
    assert (row.verdict, row.began, row.took_s, row.cause) == (Verdict.DONE, START, 17.6, "")
    assert row.size == row.path.stat().st_size


def test_of_a_run_that_failed_the_cause_is_told_in_one_line(tmp_path: Path) -> None:
    a_run_file(tmp_path, NEWEST, a_failed_deploy(lambda _: a_card()).events)
    row = only_row(tmp_path)
    assert (row.verdict, row.cause) == (Verdict.FAILED, "web@h1: not healthy within 30 s")


@pytest.mark.parametrize("verdict", ["refused", "cancelled"])
def test_refused_and_cancelled_runs_are_told_apart_from_failed_ones(tmp_path: Path, verdict: str) -> None:
    a_run_file(tmp_path, NEWEST, ended(a_failed_deploy(lambda _: a_card()).events, verdict))
    assert only_row(tmp_path).verdict.value == verdict


def test_a_run_that_was_cut_off_is_interrupted_and_says_what_it_waited_for(tmp_path: Path) -> None:
    events = a_stuck_barrier().events
    a_run_file(tmp_path, NEWEST, text_of(events) + b'{"v":1,"seq":2')
    row = only_row(tmp_path)
    assert (row.verdict, row.took_s) == (Verdict.INTERRUPTED, events[-1].t)
    assert row.cause == "job@h4 waits for the first healthy web container"


def test_a_run_that_goes_on_is_running_until_its_file_is_closed(tmp_path: Path) -> None:
    with going_on(tmp_path, NEWEST, a_stuck_barrier().events):
        row = only_row(tmp_path)
        assert (row.verdict, row.cause) == (
            Verdict.RUNNING,
            "job@h4 waits for the first healthy web container",
        )
    assert only_row(tmp_path).verdict is Verdict.INTERRUPTED


def test_a_run_that_has_written_its_last_event_has_ended_though_it_is_still_open(tmp_path: Path) -> None:
    with going_on(tmp_path, NEWEST, a_good_deploy().events):
        assert only_row(tmp_path).verdict is Verdict.DONE


def test_a_run_that_has_only_just_begun_is_no_damaged_one(tmp_path: Path) -> None:
    with a_run_file(tmp_path, NEWEST, b"").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert only_row(tmp_path).verdict is Verdict.RUNNING
    assert only_row(tmp_path).verdict is Verdict.UNREADABLE


@pytest.mark.parametrize(("age_s", "verdict"), [(0, "running"), (STILL_S + 60, "interrupted")])
def test_where_files_have_no_locks_a_run_goes_on_as_long_as_it_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: float, verdict: str
) -> None:
    def refuse(_: int, __: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    path = a_run_file(tmp_path, NEWEST, a_stuck_barrier().events)
    changed = path.stat().st_mtime - age_s
    os.utime(path, (changed, changed))
    assert only_row(tmp_path).verdict.value == verdict


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"no journal\n", "is not a journal"),
        (b'{"v":99,"seq":1,"kind":"run_started"}\n', "format version 99 is newer"),
        ('{"v":1}\n'.encode("utf-16"), "is UTF-16 text"),
    ],
)
def test_what_can_not_be_read_is_listed_with_the_reason_among_the_others(
    tmp_path: Path, content: bytes, why: str
) -> None:
    some_runs(tmp_path)
    a_run_file(tmp_path, "20261122-100000-dead", content)
    rows = list(runs_in(tmp_path))
    assert [row.verdict.value for row in rows] == ["done", "unreadable", "done", "done"]
    assert why in rows[1].cause


def test_a_directory_and_a_dangling_link_in_the_list_do_not_break_it(tmp_path: Path) -> None:
    some_runs(tmp_path)
    (tmp_path / "20261122-110000-dddd.jsonl").mkdir()
    (tmp_path / "20261122-120000-eeee.jsonl").symlink_to(tmp_path / "nowhere")
    causes = [row.cause for row in runs_in(tmp_path) if row.verdict is Verdict.UNREADABLE]
    assert causes == ["there is no such file", "is a directory, not a journal"]


def test_a_file_that_may_not_be_read_is_listed_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_run_file(tmp_path, NEWEST)
    really_open = os.open

    def refuse(file: str, *rest: int) -> int:
        if str(file) == str(path):
            raise PermissionError(13, "Permission denied")
        return really_open(file, *rest)

    monkeypatch.setattr(os, "open", refuse)
    assert only_row(tmp_path).cause == "you are not allowed to read it"


def test_files_that_are_no_journals_by_name_are_not_listed(tmp_path: Path) -> None:
    some_runs(tmp_path)
    (tmp_path / f"{NEWEST}.jsonl.idx").write_bytes(b"x")
    (tmp_path / "README").write_text("x")
    assert len(list(runs_in(tmp_path))) == 3


def test_runs_outside_of_the_time_that_is_asked_for_are_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_runs(tmp_path)
    (tmp_path / f"{OLDEST}.jsonl").unlink()
    (tmp_path / f"{OLDEST}.jsonl").mkdir()
    since = datetime(2026, 11, 23, 12, 3, 57, tzinfo=UTC)
    assert [row.run for row in runs_in(tmp_path, since=since)] == [NEWEST]
    assert [row.run for row in runs_in(tmp_path, since=since + timedelta(seconds=1))] == []
    until = datetime(2026, 11, 22, tzinfo=UTC)
    assert [row.run for row in runs_in(tmp_path, until=until)] == [OLDEST]


def test_a_directory_that_is_not_there_has_no_runs_and_one_that_can_not_be_read_is_told(
    tmp_path: Path,
) -> None:
    assert list(runs_in(tmp_path / "none")) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="the directory of runs can not be read: Not a directory"):
        list(runs_in(tmp_path / "file"))


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("v*/*.jsonl")), ids=lambda path: path.stem)
def test_journals_of_every_version_have_a_row(path: Path) -> None:
    rows = {row.path: row for row in runs_in(path.parent)}
    assert rows[path].verdict is not Verdict.UNREADABLE
    assert rows[path].service == "shop"


def found(wanted: str | None, directory: Path) -> str:
    return find_journal(wanted, directory).name.removesuffix(".jsonl")


@pytest.mark.parametrize(
    ("wanted", "run"),
    [
        (None, NEWEST),
        ("last", NEWEST),
        (OLDER, OLDER),
        (f"{OLDER}.jsonl", OLDER),
        ("20261122", OLDER),
        ("00bb", OLDER),
        ("a", OLDEST),
    ],
)
def test_a_run_is_found_by_its_name_or_the_beginning_or_end_of_it(
    tmp_path: Path, wanted: str | None, run: str
) -> None:
    some_runs(tmp_path)
    assert found(wanted, tmp_path) == run


def test_a_name_that_several_runs_have_is_refused_with_their_names(tmp_path: Path) -> None:
    some_runs(tmp_path)
    error = refusal("2026112", tmp_path)
    assert error.what == f"`2026112` could be {NEWEST}, {OLDER} and {OLDEST}"
    assert error.fix == "give more of the name"


def test_a_run_whose_whole_name_is_given_is_meant_whatever_others_end_with_it(tmp_path: Path) -> None:
    some_runs(tmp_path)
    a_run_file(tmp_path, f"copy-of-{OLDER}")
    assert found(OLDER, tmp_path) == OLDER


@pytest.mark.parametrize("verdict", ["failed", "refused"])
def test_the_last_failed_run_is_the_newest_that_ended_badly(tmp_path: Path, verdict: str) -> None:
    some_runs(tmp_path)
    a_run_file(tmp_path, OLDER, ended(a_failed_deploy(lambda _: a_card()).events, verdict))
    a_run_file(tmp_path, OLDEST, a_failed_deploy(lambda _: a_card()).events)
    assert found("last-failed", tmp_path) == OLDER


def test_a_run_that_goes_on_has_not_failed_and_one_that_was_cut_off_has(tmp_path: Path) -> None:
    some_runs(tmp_path)
    (tmp_path / f"{NEWEST}.jsonl").unlink()
    with going_on(tmp_path, NEWEST, a_stuck_barrier().events):
        assert refusal("last-failed", tmp_path).what == "no recorded run has failed"
    assert found("last-failed", tmp_path) == NEWEST


def test_the_last_run_is_the_newest_even_if_it_is_damaged_but_no_file_that_only_lies_there(
    tmp_path: Path,
) -> None:
    some_runs(tmp_path)
    a_run_file(tmp_path, "notes", b"not mine\n")
    assert found("last", tmp_path) == NEWEST
    a_run_file(tmp_path, "copied", text_of(a_good_deploy().events))
    assert found("last", tmp_path) == NEWEST
    a_run_file(tmp_path, NEWEST, b"")
    assert found("last", tmp_path) == NEWEST


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some_runs(tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    Path("deploy.log").write_text("  INFO [1] Running docker\n")
    assert find_journal("deploy.log", tmp_path / "runs") == Path("deploy.log")
    assert find_journal("./deploy.log", tmp_path / "none") == Path("deploy.log")
    assert find_journal(str(tmp_path), tmp_path / "runs") == tmp_path


@pytest.mark.parametrize("wanted", ["nope", "./nope", "x" * 5000, "a\0b"])
def test_what_is_neither_a_run_nor_a_file_is_refused_with_what_to_do(tmp_path: Path, wanted: str) -> None:
    some_runs(tmp_path)
    error = refusal(wanted, tmp_path)
    assert "there is no such" in error.what
    assert "backstaff runs" in error.fix


@pytest.mark.parametrize("wanted", [None, "last", "last-failed"])
def test_where_nothing_is_recorded_yet_that_is_told(tmp_path: Path, wanted: str | None) -> None:
    error = refusal(wanted, tmp_path / "runs")
    assert str(error) == f"{tmp_path / 'runs'}: no runs are recorded yet"
    assert "backstaff deploy" in error.fix


def test_an_empty_name_is_no_run(tmp_path: Path) -> None:
    a_run_file(tmp_path, NEWEST)
    assert refusal("", tmp_path).what == "the name of the run is empty"


def refusal(wanted: str | None, directory: Path) -> JournalError:
    with pytest.raises(JournalError) as refused:
        find_journal(wanted, directory)
    assert refused.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(refused.value)
    assert refused.value.fix
    return refused.value


def test_short_names_find_the_run_that_they_are_of(tmp_path: Path) -> None:
    some_runs(tmp_path)
    for run in ("20261120-090000-00aa", "20261119-090000-2026", "friday"):
        a_run_file(tmp_path, run)
    names = short_names(tmp_path)
    assert names[NEWEST] == "a1b2"
    assert names[OLDEST] == OLDEST, "two of them end so"
    assert names["20261119-090000-2026"] == "20261119-090000-2026", "all of them begin so"
    assert all(found(name, tmp_path) == run for run, name in names.items())
