"""Commands that only look say why they take long, and on standard error."""

import json

import pytest

from tests.cli.project import Project
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre


def slow(datacentre: Datacentre) -> None:
    datacentre["h1"].goes_wrong(Fault("containers", Kind.DELAY, times=1, delay_s=3.2))


def test_a_wait_that_lasts_is_told_on_standard_error(project: Project) -> None:
    project.servers.set = slow
    result = project.run("app", "version", "--json")
    assert result.code == 0
    assert [json.loads(line)["version"] for line in result.out.splitlines()] == ["v1", "v1", "v1"]
    first, last = result.err.splitlines()
    assert first.startswith("h1: Docker has not answered yet: docker ps --all")
    assert last.startswith("h1: Docker answered after 3.2 s: docker ps --all")


def test_quiet_is_quiet_while_it_waits(project: Project) -> None:
    project.servers.set = slow
    result = project.run("app", "version", "-q", "-r", "web", "-h", "h1")
    assert (result.code, result.err) == (0, "")


def test_what_is_quick_is_not_told(project: Project) -> None:
    assert project.run("app", "version").err == ""


@pytest.mark.parametrize("quiet", [False, True])
def test_the_command_of_a_secret_that_lasts_is_told_without_its_value(project: Project, quiet: bool) -> None:
    project.write(".kamal/secrets", "REGISTRY_PASSWORD=hunter22\nVAULT=$(sleep 2.3; echo s3cret)")
    project.write(".kamal/hooks/pre-connect", "#!/bin/sh\n", executable=True)
    result = project.run("app", "version", *(["-q"] if quiet else []))
    assert result.code == 0
    told = [] if quiet else ["the command of secret VAULT still runs (at most 1 min)"]
    assert result.err.splitlines() == told
