"""Commands whose boot groups could never all boot: refused before any host is touched."""

import json
from collections.abc import Collection

import pytest

from backstaff.config.models import Config
from backstaff.plan.groups import BootGroup
from backstaff.plan.pairs import Pair
from backstaff.plan.selection import Selection
from tests.cli.project import DEPLOY_YML, Project

REPORTED = DEPLOY_YML.replace("web: [h1, h2]", "web: [h1, h3]") + "boot: {limit: 1, wait: 5}\n"
"""The job role has a host of its own, and one host boots at a time."""
SENTENCE = "job@h2 would wait for ever for a healthy web container"
WHY = (
    "job@h2 boots in group 1 and waits for the first healthy web container; the only ones that could open "
    "the barrier are web@h1 in group 2 and web@h3 in group 3"
)
FIX = "put a host that runs web into the first group, before the roles that wait for it"


def by_name_of_role(
    config: Config, selection: Selection, done: Collection[Pair] = ()
) -> tuple[BootGroup, ...]:
    """Groups cut as Kamal 2.6.0 cut them, from the hosts in the order of their roles' names: no configuration
    gets such groups here, so a planner that does it has to be put in."""
    return tuple(
        BootGroup(number, (host,), tuple(pair for pair in selection.pairs if pair.host == host))
        for number, host in enumerate(config.app_hosts, start=1)
    )


@pytest.fixture(autouse=True)
def reported(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("config/deploy.yml", REPORTED)
    monkeypatch.setattr("backstaff.plan.plan.boot_groups", by_name_of_role)


@pytest.mark.parametrize("command", ["deploy", "deploy -P", "redeploy", "rollback v2", "app boot"])
def test_a_barrier_that_no_group_opens_in_time_ends_the_command_before_any_host_is_touched(
    project: Project, command: str
) -> None:
    version = () if command.startswith("rollback") else ("--version", "v2")
    result = project.run(*command.split(), *version, "--no-tui")
    assert result.code == 2
    assert result.out == ""
    assert result.err.splitlines() == [SENTENCE, f"  {WHY}", f"  fix: {FIX}"]
    assert project.servers.connections == []
    assert not (project.directory.parent / "state").exists()


def test_the_refusal_is_an_object_for_who_asks_for_json(project: Project) -> None:
    result = project.run("deploy", "--version", "v2", "--json")
    told = json.loads(result.out)
    assert (result.code, told["exit_code"]) == (2, 2)
    assert (told["what"], told["evidence"], told["fix"]) == (SENTENCE, [WHY], FIX)
    assert project.servers.connections == []


def test_the_plan_of_it_is_refused_alike(project: Project) -> None:
    result = project.run("plan", "--version", "v2", "--offline")
    assert result.code == 2
    assert result.err.splitlines()[0] == SENTENCE
