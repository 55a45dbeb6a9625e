"""A deploy_timeout that is short for how long past starts took."""

import json
from pathlib import Path

import pytest

from backstaff.cli.past_boots import PastBoots, past_boots, too_short
from backstaff.events.facts import PairState, WaitKind
from backstaff.replay.boot_times import Usual
from tests.cli.project import Project
from tests.events.builders import Script, a_run, pair, wait
from tests.kamal.builders import a_config, a_role
from tests.replay.journals import text_of

SHORT = (
    "web took up to 24 s to become healthy in 19 of 20 past starts; deploy_timeout is 30 s, less than 1.3 "
    "times that: set deploy_timeout to 32 or more"
)


def past_starts(project: Project, *seconds: float, service: str = "app") -> None:
    """Recorded runs, each of which started one web container that took so long."""
    runs = project.directory.parent / "state" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for number, took in enumerate(seconds):
        started = a_run(destination="").model_copy(update={"service": service})
        script = Script().at(0, started, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"))
        script.at(took, pair("h1", "web", PairState.SWITCHING))
        (runs / f"20251123-1203{number:02}-a1b2.jsonl").write_bytes(text_of(script.events))


def warnings_of(out: str) -> list[str]:
    told = [json.loads(line) for line in out.splitlines()]
    return [each["text"] for each in told if each["kind"] == "notice" and each["level"] == "warning"]


def test_the_sentence_has_the_numbers_and_what_to_set() -> None:
    assert too_short("web", 30, Usual(24, 19, 20)) == SHORT
    assert too_short("web", 32, Usual(24, 19, 20)) == ""
    assert "in all 5 past starts" in too_short("web", 30, Usual(24, 5, 5))
    assert too_short("web", 39, Usual(30, 19, 20)) == ""


def test_the_plan_warns(project: Project) -> None:
    past_starts(project, *[20] * 18, 24, 29)
    lines = [line.strip() for line in project.run("plan", "--offline", "--version", "v2").out.splitlines()]
    assert SHORT in lines


def test_the_plan_warns_in_json(project: Project) -> None:
    past_starts(project, *[20] * 18, 24, 29)
    told = json.loads(project.run("plan", "--offline", "--version", "v2", "--json").out)
    assert SHORT in told["warnings"]


@pytest.mark.parametrize("command", ["deploy -P", "redeploy -P", "rollback v1", "app boot"])
def test_what_boots_warns_when_it_begins(project: Project, command: str) -> None:
    past_starts(project, *[20] * 18, 24, 29)
    result = project.run(*command.split(), "--version", "v1", "--json")
    assert SHORT in warnings_of(result.out)


def test_enough_time_is_not_worth_a_word(project: Project) -> None:
    past_starts(project, *[20] * 20)
    assert "past starts" not in project.run("plan", "--offline", "--version", "v2").out


def test_other_services_do_not_count(project: Project) -> None:
    past_starts(project, *[29] * 20, service="blog")
    assert "past starts" not in project.run("plan", "--offline", "--version", "v2").out


def test_no_state_directory_is_not_worth_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSTAFF_STATE_DIR", str(tmp_path / "none"))
    assert past_boots(a_config(a_role("web", "h1")), ["web"]) == PastBoots()


def test_a_state_directory_that_can_not_be_read_costs_no_deploy(project: Project) -> None:
    state = project.directory.parent / "state"
    state.mkdir()
    (state / "runs").write_text("a file")
    result = project.run("deploy", "-P", "--version", "v2", "--json")
    told = [json.loads(line) for line in result.out.splitlines()]
    notices = [each["text"] for each in told if each["kind"] == "notice"]
    assert any(text.startswith("how long past starts took is not known: ") for text in notices)
    assert result.code == 0
