"""Which version commands are about, and what is done to find out."""

import json

from tests.cli.project import Project
from tests.engine.test_rollback import keep
from tests.fakes.hosts import Datacentre


def has_v0(datacentre: Datacentre) -> None:
    """Version v0 was booted everywhere before v1, and is still there."""
    keep(datacentre, "v0", "web@h1", "web@h2", "job@h2")
    lines = [
        f"[ada@example.com] [{role}] Booted app version {version}\n"
        for version in ("v0", "v1")
        for role in ("web", "job")
    ]
    for server in datacentre.servers.values():
        server.files[".kamal/app-audit.log"] = "".join(lines)


def planned(project: Project, *argv: str) -> str:
    result = project.run("plan", "--json", *argv)
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert isinstance(told["version"], str)
    return told["version"]


def test_the_plan_of_a_boot_is_that_of_the_latest_image(project: Project) -> None:
    assert planned(project, "--for", "app boot", "--offline") == "latest"


def test_a_version_that_is_named_is_the_one_that_is_planned(project: Project) -> None:
    assert planned(project, "--for", "rollback", "--version", "v7", "--offline") == "v7"


def test_a_rollback_can_not_be_planned_without_asking_the_servers(project: Project) -> None:
    result = project.run("plan", "--for", "rollback", "--offline")
    assert result.code == 2
    assert "only the servers know the version to roll back to" in result.err


def test_the_plan_of_a_rollback_is_that_of_the_version_it_would_take(project: Project) -> None:
    project.servers.set = has_v0
    assert planned(project, "--for", "rollback") == "v0"
    assert sorted(project.servers.connections) == ["h1", "h2"]


def test_a_rollback_without_a_version_goes_back_to_the_one_before(project: Project) -> None:
    project.servers.set = has_v0
    project.write(".kamal/hooks/pre-connect", "#!/bin/sh\necho ran >> hooks.log\n", executable=True)
    result = project.run("rollback")
    assert result.code == 0, result.out
    assert "DONE  app v0" in result.out
    assert (project.directory / "hooks.log").read_text() == "ran\n"


def test_a_rollback_without_anything_to_go_back_to_is_told_so(project: Project) -> None:
    for command in (("rollback",), ("plan", "--for", "rollback")):
        result = project.run(*command)
        assert result.code == 1
        assert "there is no version to roll back to" in result.err
