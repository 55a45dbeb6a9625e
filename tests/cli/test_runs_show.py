"""`backstaff runs show`: one run in full."""

import json

import pytest

from backstaff.events.journal import JournalWriter
from tests.cli.history import CUT_OFF, DONE, FAILED, REPORT, moved, record, runs_directory, some_history
from tests.cli.project import Project
from tests.events.builders import a_good_deploy, a_stuck_barrier
from tests.replay.journals import text_of
from tests.replay.keep_journals import DIRECTORY


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLUMNS", "100")


def shown(project: Project, *argv: str) -> str:
    result = project.run("runs", "show", *argv)
    assert (result.code, result.err) == (0, "")
    return result.out


def test_the_newest_run_is_shown_with_who_when_what_and_where_the_time_went(project: Project) -> None:
    some_history()
    said = shown(project)
    assert said.splitlines()[:7] == [
        f"run      {DONE}",
        "what     deploy of shop · production v42",
        "who      ann",
        "when     2026-11-23 12:03:57, 18 s",
        "command  backstaff deploy -d production -P",
        "with     Backstaff 0.1.0, config/deploy.yml",
        "verdict  done",
    ]
    assert f"{DONE}.jsonl (" in said
    assert "where 18 s went" in said
    assert ["h1", "v42", "serves", "."] in [line.split() for line in said.splitlines()]
    assert "FAILED" not in said
    assert "cut off" not in said


def test_a_failed_run_ends_with_its_card(project: Project) -> None:
    some_history()
    said = shown(project, "last-failed")
    assert "verdict  failed, exit code 1" in said
    assert said.splitlines()[-2].startswith("FAILED  boot of web on h1")
    assert said.splitlines()[-1] == "  cause     not healthy within 30 s"


def test_of_a_run_that_was_cut_off_it_is_said_what_was_going_on(project: Project) -> None:
    some_history()
    said = shown(project, "00cc")
    assert "verdict  interrupted" in said
    told = said.partition("cut off after 32 s: nothing is known of what came later\n")[2]
    assert told.splitlines()[0] == "  job@h3 waits for the first healthy web container"
    assert "could not connect to database at db:5432" in told
    assert "the barrier fails when h1's time ends in 18 s" in told


def test_a_run_that_goes_on_says_so(project: Project) -> None:
    some_history()
    journal = JournalWriter(runs_directory(), "20261124-120357-0000", pytest.fail)
    for event in moved(a_stuck_barrier().events, "20261124-120357-0000", -1):
        journal(event)
    said = shown(project)
    journal.close()
    assert "verdict  running" in said
    assert "goes on, after 32 s" in said


def test_between_two_waits_a_cut_off_run_names_its_phase(project: Project) -> None:
    events = [event for event in a_good_deploy().events if event.t < 5]
    record(CUT_OFF, events)
    assert shown(project).endswith("in phase pull, waiting for nothing\n")


def test_damage_is_told(project: Project) -> None:
    lines = text_of(a_good_deploy().events).splitlines(keepends=True)
    record(DONE, b"".join([*lines[:9], b"{oops\n", *lines[9:]]))
    assert "1 line of it can not be read" in shown(project)


def test_as_json_a_run_is_one_object(project: Project) -> None:
    some_history()
    told = json.loads(shown(project, "--json", FAILED))
    assert (told["run"], told["verdict"], told["exit_code"], told["took_s"]) == (FAILED, "failed", 1, 51)
    assert told["argv"] == ["deploy", "-d", "production", "-P"]
    assert told["card"]["cause"] == "not healthy within 30 s"
    assert [phase["name"] for phase in told["phases"]][:2] == ["connect", "build"]
    assert {role["host"]: role["outcome"] for role in told["roles"]}["h2"] == "v42 stopped, v41 serves"
    assert told["waits"] == []


def test_as_json_a_cut_off_run_has_its_open_waits(project: Project) -> None:
    some_history()
    told = json.loads(shown(project, "--json", CUT_OFF))
    assert told["exit_code"] is None
    assert told["waits"][0]["sentence"] == "job@h3 waits for the first healthy web container"


def test_control_sequences_in_a_journal_do_not_reach_the_terminal(project: Project) -> None:
    record(DONE, moved(a_good_deploy().events, DONE, 0, performer="\x1b[31mann\x9b2J"))
    assert "\x1b" not in shown(project)
    assert "\x1b" not in project.run("runs").out


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("v*/*.jsonl")), ids=lambda path: path.stem)
def test_journals_of_every_version_are_shown(project: Project, path: str) -> None:
    assert "what     deploy of shop" in shown(project, str(path))


def test_a_log_of_kamals_is_shown_too(project: Project) -> None:
    log = (
        "  INFO [7f1b2c3d] Running docker login -u [REDACTED] -p [REDACTED] on h1\n"
        "  INFO [7f1b2c3d] Finished in 0.512 seconds with exit status 0 (successful).\n"
        "Releasing the deploy lock...\n"
        "  Finished all in 1.2 seconds\n"
    )
    project.write("deploy.log", log)
    said = shown(project, "deploy.log")
    assert "log      deploy.log" in said


def test_of_a_log_of_kamals_its_own_command_and_size_are_shown(project: Project) -> None:
    said = shown(project, str(REPORT))
    assert "command  kamal deploy -d production\nwith     Kamal, config/deploy.yml\n" in said
    assert f"log      {REPORT} (" in said
    assert json.loads(shown(project, str(REPORT), "--json"))["size"] == REPORT.stat().st_size


def test_a_group_that_waits_for_a_later_one_is_not_told_to_have_hope(project: Project) -> None:
    said = shown(project, str(REPORT))
    assert "no host can open the barrier: web-1 and web-2 come in a later group" in said
    assert "can still open it" not in said
