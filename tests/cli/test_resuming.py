"""`deploy --resume`, and the failure card's line that leads to it."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from backstaff.file_lock import try_to_lock
from tests.cli.project import Project, Result
from tests.cli.test_console_session import mended, web_fails_on_h2
from tests.fakes.apps import NEVER_READY
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import lock_held

BOOT = ("deploy", "--skip-push", "--version", "v2")


def journals(project: Project) -> list[Path]:
    return sorted(
        (project.directory.parent / "state" / "runs").glob("*.jsonl"),
        key=lambda each: each.stat().st_mtime_ns,
    )


def the_run(project: Project) -> str:
    return journals(project)[-1].stem


def failed(project: Project, *argv: str) -> Result:
    """A deploy in which web on h2 does not get healthy; then everything is well again."""
    web_fails_on_h2(project)
    result = project.run(*(argv or BOOT))
    assert result.code == 1, result.out
    mended(project)
    for server in project.servers.datacentre.servers.values():
        server.history.clear()
    return result


def retry_line(result: Result) -> str:
    return result.out.partition("  retry ")[2].strip()


def changed(project: Project, host: str, role: str) -> list[str]:
    history = project.servers.datacentre[host].history
    return [each.what for each in history if each.container.role == role]


def test_the_card_leads_to_what_is_left(project: Project) -> None:
    card = failed(project)
    assert retry_line(card) == f"backstaff deploy --resume {the_run(project)}"
    again = project.run(*shlex.split(retry_line(card))[1:])
    assert again.code == 0, again.out
    assert "DONE  app v2" in again.out
    assert changed(project, "h1", "web") == []
    assert "created" in changed(project, "h2", "web")
    assert "web on h1 runs v2 and stays as it is; web on h2, job on h2 is booted" in again.out
    assert not lock_held(project.servers.datacentre["h1"])


def test_other_options_are_kept_in_the_card(project: Project) -> None:
    card = failed(project, *BOOT, "--lock-wait", "-H", "-h", "h*")
    assert retry_line(card) == f"backstaff deploy --resume {the_run(project)} --lock-wait -H"


def test_a_card_of_a_ci_system_leads_to_what_works_on_any_machine(project: Project) -> None:
    web_fails_on_h2(project)
    result = project.run(*BOOT, environ={"CI": "true"})
    assert retry_line(result) == "backstaff deploy --skip-push --version v2 -h h2"


def test_where_nothing_is_done_the_card_gives_the_command_itself(project: Project) -> None:
    def none_boots(datacentre: Datacentre) -> None:
        for server in datacentre.servers.values():
            server.apps["web:v2"] = NEVER_READY

    project.add("deploy_timeout: 2\n")
    project.servers.set = none_boots
    assert retry_line(project.run(*BOOT)) == "backstaff deploy --skip-push --version v2"


def test_a_run_is_named_by_a_part_of_its_name_or_by_what_became_of_it(project: Project) -> None:
    failed(project)
    assert project.run("deploy", "--resume", "last-failed").code == 0


def test_a_resumed_run_that_fails_is_resumed_in_its_turn(project: Project) -> None:
    failed(project, *BOOT, "-r", "web")
    project.servers.datacentre["h2"].apps["web:v2"] = NEVER_READY
    second = project.run("deploy", "--resume", the_run(project))
    assert second.code == 1
    mended(project)
    third = project.run(*shlex.split(retry_line(second))[1:])
    assert third.code == 0, third.out
    assert changed(project, "h1", "web") == []
    assert changed(project, "h2", "job") == []


def test_what_the_first_run_did_is_known_when_the_second_never_got_there(project: Project) -> None:
    failed(project)
    hook = ".kamal/hooks/pre-connect"
    project.write(hook, "#!/bin/sh\nexit 1\n", executable=True)
    assert project.run("deploy", "--resume", the_run(project)).code == 1
    (project.directory / hook).unlink()
    again = project.run("deploy", "--resume", the_run(project))
    assert again.code == 0, again.out
    assert changed(project, "h1", "web") == []


def test_a_run_that_is_done_has_nothing_to_resume(project: Project) -> None:
    assert project.run(*BOOT).code == 0
    name = the_run(project)
    result = project.run("deploy", "--resume", name)
    assert (result.code, result.out) == (0, f"Run {name} is done: there is nothing to resume.\n")
    told = project.run("deploy", "--resume", name, "--json")
    assert json.loads(told.out) == {"run": name, "verdict": "done"}
    assert len(journals(project)) == 1


def test_a_run_that_goes_on_is_not_resumed(project: Project) -> None:
    failed(project)
    (path,) = journals(project)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2]))
    with path.open("rb") as held:
        assert try_to_lock(held.fileno())
        result = project.run("deploy", "--resume", path.stem)
    assert result.code == 2
    assert f"run {path.stem} still goes on" in result.err


def test_a_run_that_was_cut_off_is_resumed(project: Project) -> None:
    failed(project)
    (path,) = journals(project)
    text = path.read_text()
    cut = text.index('"state":"failed"')
    path.write_text(text[:cut])
    again = project.run("deploy", "--resume", path.stem)
    assert again.code == 0, again.out
    assert changed(project, "h1", "web") == []


def test_a_name_that_no_run_has_is_told(project: Project) -> None:
    result = project.run("deploy", "--resume", "nothing")
    assert result.code == 2
    assert "there is no such run" in result.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--version", "v3"], "--version v3, and it was v2"),
        (["-d", "production"], "--destination production, and it was without one"),
        (["-c", "other.yml"], "--config-file other.yml, and it was config/deploy.yml"),
        (["-h", "h1"], "--hosts h1, and it was all of them"),
        (["-r", "job"], "--roles job, and it was web"),
        (["-p"], "--primary, and it was not only about the primary host"),
        (["--no-cache"], "--no-cache, and its image is there already"),
    ],
)
def test_options_that_contradict_the_run_are_refused(project: Project, given: list[str], told: str) -> None:
    failed(project, *BOOT, "-r", "web")
    project.servers.connections.clear()
    result = project.run("deploy", "--resume", the_run(project), *given)
    assert result.code == 2
    assert told in result.err
    assert "leave these options out" in result.err
    assert project.servers.connections == []


def test_options_that_say_the_same_as_the_run_are_no_contradiction(project: Project) -> None:
    failed(project, *BOOT, "-r", "web")
    same = ["--version", "v2", "-r", "web", "-c", "config/deploy.yml", "-P"]
    assert project.run("deploy", "--resume", the_run(project), *same).code == 0


def test_a_deploy_file_that_has_changed_is_told(project: Project) -> None:
    failed(project)
    text = (project.directory / "config/deploy.yml").read_text()
    project.write("config/deploy.yml", text.replace("hosts: [h2]", "hosts: [h1]"))
    result = project.run("deploy", "--resume", the_run(project))
    assert result.code == 2
    assert "has changed since run" in result.err
    assert "job on h1 is new, job on h2 is gone" in result.err


def test_a_run_of_another_service_is_told(project: Project) -> None:
    failed(project)
    text = (project.directory / "config/deploy.yml").read_text()
    project.write("config/deploy.yml", text.replace("service: app", "service: blog"))
    result = project.run("deploy", "--resume", the_run(project))
    assert result.code == 2
    assert re.search(r"was about app, and config/deploy.yml here is about blog", result.err)


def test_runs_of_other_commands_are_not_resumed(project: Project) -> None:
    assert project.run("app", "stop", "--version", "v1").code == 0
    result = project.run("deploy", "--resume", "last")
    assert result.code == 2
    assert "was `app stop`, which is not resumed" in result.err


def test_an_image_that_was_never_built_is_not_built_from_something_else(project: Project) -> None:
    def commit() -> str:
        git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x", "--allow-empty"]):
            subprocess.run([*git, *words], cwd=project.directory, check=True, capture_output=True)
        head = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=project.directory, check=True, capture_output=True, text=True
        )
        return head.stdout.strip()

    project.write(".kamal/hooks/pre-connect", "#!/bin/sh\nexit 1\n", executable=True)
    then = commit()
    assert project.run("deploy").code == 1
    now = commit()
    result = project.run("deploy", "--resume", "last")
    assert result.code == 2
    assert f"the image of {then} was never built, and what would be built here is {now}" in result.err


def test_going_back_is_asked_for_on_the_command_line(project: Project) -> None:
    web_fails_on_h2(project)
    result = project.run(*BOOT, "--on-failure", "rollback")
    assert result.code == 1
    assert "h1 v2 rolled back to v1" in result.out
    assert project.servers.datacentre["h1"].proxy.serves("app-web") is project.servers.datacentre["h1"].find(
        "app-web-v1"
    )


def test_the_plan_says_what_becomes_of_a_failure(project: Project) -> None:
    project.add("x-backstaff:\n  on_failure: rollback\n")
    shown = project.run("plan", "--offline", "--version", "v2")
    assert "failure   a boot that fails ends the run; what is healthy by then goes back" in shown.out
    told = json.loads(project.run("plan", "--offline", "--version", "v2", "--json").out)
    assert told["on_failure"] == "rollback"
    rollback = project.run("plan", "--offline", "--version", "v2", "--json", "--for", "rollback")
    assert json.loads(rollback.out)["on_failure"] == "stop"
