"""Commands that change what is there without a deploy: stop, start, boot, stale containers, the proxy."""

import json
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.deploys.project import Project, a_project
from tests.lab.deploys.seen import audit, containers, get, locked, running


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    lab.app_image("v1")
    project = a_project(lab, tmp_path, web=["h1"], job=["h2"])
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    return project


def test_an_app_is_stopped_and_started_again(lab: Lab, project: Project) -> None:
    h1, h2, _, _ = lab.hosts

    stopped = project.run("app", "stop")

    assert stopped.code == 0, stopped.out + stopped.err
    assert running(h1) == running(h2) == set()
    assert get(h1)[0] == 404
    assert not locked(h1)

    started = project.run("app", "start", "--version", "v1", "--json")

    assert started.code == 0, started.out + started.err
    assert started.json_events[-1].body.kind == "run_ended"
    assert running(h1) == {"app-web-v1"}
    assert running(h2) == {"app-job-v1"}
    assert get(h1) == (200, "v1 app-web-v1")
    assert "[ada@example.com] [web] Started app version v1" in audit(h1)

    unknown = project.run("app", "start", "--version", "v9")

    assert unknown.code == 1
    assert "there is no container app-web-v9 to start" in unknown.card
    assert not locked(h1)


def test_an_image_on_the_host_is_booted(lab: Lab, project: Project) -> None:
    host = lab.hosts[0]

    result = project.run("app", "boot")

    assert result.code == 0, result.out + result.err
    assert running(host) == {"app-web-latest"}
    assert get(host) == (200, "v1 app-web-latest")


def test_a_container_beside_the_current_one_is_found_and_stopped(lab: Lab, project: Project) -> None:
    h1 = lab.hosts[0]
    labels = ("--label=service=app", "--label=role=web", "--label=destination=")
    h1.docker("run", "--detach", "--name=app-web-v0", *labels, f"{lab.registry}/app:v1")

    found = project.run("app", "stale_containers", "--json")
    stopped = project.run("app", "stale_containers", "--stop")

    assert [(each["host"], each["name"]) for each in map(json.loads, found.out.splitlines())] == [
        ("h1", "app-web-v0")
    ]
    assert stopped.code == 0, stopped.out + stopped.err
    assert running(h1) == {"app-web-v1"}
    assert get(h1) == (200, "v1 app-web-v1")


def test_a_proxy_is_booted_where_it_is_missing(lab: Lab, tmp_path: Path) -> None:
    project = a_project(lab, tmp_path, web=["h1"], job=["h2"])

    first = project.run("proxy", "boot")
    again = project.run("proxy", "boot", "--json")

    assert (first.code, again.code) == (0, 0), first.out + first.err
    assert containers(lab.hosts[0])["kamal-proxy"].runs
    assert "kamal-proxy" not in containers(lab.hosts[1])
    assert not locked(lab.hosts[0])


def test_json_is_events_and_nothing_else(project: Project) -> None:
    good = project.run("redeploy", "-P", "--version", "v1", "--json")
    bad = project.run("deploy", "-P", "--version", "missing", "--json")

    assert good.code == 0
    assert [event.seq for event in good.json_events] == [event.seq for event in good.events]
    assert good.json_events[-1].body.kind == "run_ended"
    assert bad.code == 1
    assert [event.body.kind for event in bad.json_events][-2:] == ["failed", "run_ended"]
