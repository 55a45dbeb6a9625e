"""Runs that failed or were killed are gone on with; hosts that have switched go back where that is wanted."""

import signal
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from backstaff.events.facts import PairState
from backstaff.events.types import PairChanged
from tests.lab import Lab, LabHost
from tests.lab.deploys.moments import reaches
from tests.lab.deploys.project import SITE, Project, Result, a_project, settings_of
from tests.lab.deploys.seen import audit, containers, get, locked, running
from tests.lab.load import Load

ALL = ("h1", "h2", "h3")
V2 = ("deploy", "-P", "--version", "v2")


def let_boot(
    lab: Lab, project: Project, *, bad: str = "", mode: str = "unhealthy", limit: int | None = None
) -> None:
    """Let the next version's web boot on all hosts but the bad one. The roles stay the same."""
    hosts: Sequence[str | Mapping[str, str]] = [{host: "bad"} if host == bad else host for host in ALL]
    env = {
        "clear": {"GREETING": "hello"},
        "secret": ["DB_PASSWORD"],
        "tags": {"bad": {"clear": {"APP_MODE": mode}}},
    }
    job = {"hosts": ["h4"], "env": {"clear": {"APP_MODE": "worker"}}}
    settings = settings_of(
        lab,
        servers={"web": {"hosts": hosts}, "job": job},
        env=env,
        boot={"limit": limit} if limit else None,
        # A bad host is waited for until then.
        deploy_timeout=5 if bad else 10,
    )
    project.configure(settings)


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    """Version v1 is everywhere; v2 is pushed."""
    lab.app_image("v1")
    lab.app_image("v2")
    project = a_project(lab, tmp_path)
    let_boot(lab, project)
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    return project


def resumed(project: Project) -> Result:
    """Go on with the latest run. Each command has a directory of its own for its journal."""
    return project.run("deploy", "--resume", str(project.journals[-1]))


def lives(host: LabHost, name: str) -> tuple[str, str]:
    """Since when a container runs, and whether it does: what does not change if nobody touches it."""
    seen = containers(host)[name]
    return seen.started, seen.state


def test_only_what_failed_is_booted_again(lab: Lab, project: Project) -> None:
    h1, h2, h3, h4 = lab.hosts
    let_boot(lab, project, bad="h2")
    first = project.run(*V2)
    assert first.code == 1, first.out
    run = project.journals[-1].stem
    assert first.card.partition(" retry ")[2] == f"backstaff deploy --resume {run}"
    before = [lives(h1, "app-web-v2"), lives(h3, "app-web-v2"), lives(h4, "app-job-v2")]

    let_boot(lab, project)
    again = resumed(project)

    assert again.code == 0, again.out + again.err
    assert "web on h1 and h3, job on h4 runs v2 and stays as it is; web on h2 is booted" in again.out
    assert [lives(h1, "app-web-v2"), lives(h3, "app-web-v2"), lives(h4, "app-job-v2")] == before
    assert [get(host) for host in (h1, h2, h3)] == [(200, "v2 app-web-v2")] * 3
    assert not locked(h1)


def test_a_killed_run_is_gone_on_with_and_its_lock_taken_over(lab: Lab, project: Project) -> None:
    h1, h2, h3, h4 = lab.hosts
    let_boot(lab, project, bad="h2", mode="slow:60", limit=1)
    with project.start(*V2) as killed:
        killed.wait_until(reaches("web", PairState.CHECKING, "h2"), "the second group")
        killed.send(signal.SIGKILL)
        killed.ended()
    assert locked(h1)
    before = lives(h1, "app-web-v2")

    let_boot(lab, project, limit=1)
    again = resumed(project)

    assert again.code == 0, again.out + again.err
    assert "took over the deploy lock of run" in again.out
    assert lives(h1, "app-web-v2") == before
    assert [running(host) for host in (h1, h2, h3)] == [{"app-web-v2"}] * 3
    assert running(h4) == {"app-job-v2"}
    assert [get(host) for host in (h1, h2, h3)] == [(200, "v2 app-web-v2")] * 3
    assert not locked(h1)


def test_a_newer_deploy_is_not_overwritten(lab: Lab, project: Project) -> None:
    lab.app_image("v3")
    let_boot(lab, project, bad="h2")
    assert project.run(*V2).code == 1
    journal = project.journals[-1]
    let_boot(lab, project)
    assert project.run("deploy", "-P", "--version", "v3").code == 0

    again = project.run("deploy", "--resume", str(journal))

    assert again.code == 2, again.out
    assert "something else was deployed since run" in again.card
    assert "web on h1, h2 and h3, job on h4 runs v3" in again.card
    assert [get(host) for host in lab.hosts[:3]] == [(200, "v3 app-web-v3")] * 3


def test_hosts_that_have_switched_go_back_without_losing_a_request(lab: Lab, project: Project) -> None:
    h1, h2, h3, h4 = lab.hosts
    let_boot(lab, project, bad="h3", limit=1)

    with ExitStack() as loads:
        load = [loads.enter_context(Load(host.address, SITE, clients=4)) for host in (h1, h2, h3)]
        result = project.run(*V2, "--on-failure", "rollback")

    assert result.code == 1, result.out
    assert "h1 and h2 v2 rolled back to v1" in result.card
    assert "h3 v2 stopped, v1 serves" in result.card
    assert [each.failures for each in load] == [[], [], []]
    assert load[0].answers["v2 app-web-v2"] > 0
    assert [get(host) for host in (h1, h2, h3)] == [(200, "v1 app-web-v1")] * 3
    assert [running(host) for host in (h1, h2, h3)] == [{"app-web-v1"}] * 3
    assert running(h4) == {"app-job-v1"}
    assert "[ada@example.com] [web] Rolled back app version v2 to v1: its deploy failed" in audit(h1)
    assert audit(h2)[-1] == "[ada@example.com] [web] Booted app version v1"
    assert not locked(h1)
    back = [each for each in result.told(PairChanged) if each.state is PairState.ROLLED_BACK]
    assert sorted(each.host for each in back) == ["h1", "h2"]


def test_a_worker_goes_back_too_and_without_the_setting_all_stays(lab: Lab, project: Project) -> None:
    h1, _, _, h4 = lab.hosts
    let_boot(lab, project, bad="h3")
    stopped = project.run(*V2)
    assert stopped.code == 1
    assert (running(h1), running(h4)) == ({"app-web-v2"}, {"app-job-v2"})

    again = project.run("deploy", "--resume", str(project.journals[-1]), "--on-failure", "rollback")

    assert again.code == 1, again.out
    assert (running(h1), running(h4)) == ({"app-web-v1"}, {"app-job-v1"})
    assert get(h1) == (200, "v1 app-web-v1")
