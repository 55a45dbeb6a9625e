"""Versions come and go: first deploy, deploy over another, retention, rollback, the same version again."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from backstaff.events.types import Verified
from tests.lab import Lab
from tests.lab.deploys.project import DB_PASSWORD, SITE, Project, a_project
from tests.lab.deploys.seen import audit, containers, everything, get, locked, running, stopped, tags
from tests.lab.load import Load


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    for version in ("v1", "v2"):
        lab.app_image(version)
    return a_project(lab, tmp_path, web=["h1", "h2"], job=["h3", "h4"])


def test_a_first_deploy_makes_everything_that_the_app_needs(lab: Lab, project: Project) -> None:
    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out + result.err
    assert result.lines[-1].startswith("DONE  app v1 in ")
    assert [line.split() for line in result.lines[-6:-1]] == [
        ["host", "web", "job"],
        ["h1", "v1", "serves", "."],
        ["h2", "v1", "serves", "."],
        ["h3", ".", "v1", "runs"],
        ["h4", ".", "v1", "runs"],
    ]
    h1, h2, h3, _ = lab.hosts
    assert [running(host) for host in lab.hosts] == [{"app-web-v1"}] * 2 + [{"app-job-v1"}] * 2
    for host in lab.hosts:
        assert tags(host) == {"v1", "latest"}
        assert not locked(host)
        role = "web" if host in (h1, h2) else "job"
        assert f"[ada@example.com] [{role}] Booted app version v1" in audit(host)
        assert (host.home / f".kamal/apps/app/env/roles/{role}.env").stat().st_mode & 0o777 == 0o600
    assert {"kamal-proxy"} <= set(containers(h1))
    assert "kamal-proxy" not in containers(h3)
    assert get(h1) == get(h2) == (200, "v1 app-web-v1")
    web = containers(h1)["app-web-v1"]
    assert (web.labels["service"], web.labels["role"], web.labels["destination"]) == ("app", "web", "")
    assert (web.restart, web.networks) == ("unless-stopped", ("kamal",))
    expected = {
        "KAMAL_CONTAINER_NAME": "app-web-v1",
        "KAMAL_VERSION": "v1",
        "KAMAL_HOST": "h1",
        "GREETING": "hello",
        "DB_PASSWORD": DB_PASSWORD,
    }
    assert expected.items() <= web.env.items()


def test_a_deploy_under_load_loses_no_request(lab: Lab, project: Project) -> None:
    assert project.run("deploy", "-P", "--version", "v1").code == 0

    with ExitStack() as loads:
        both = [loads.enter_context(Load(host.address, SITE, clients=4)) for host in lab.hosts[:2]]
        result = project.run("deploy", "-P", "--version", "v2")
        came = [load.wait_for("v2 app-web-v2") for load in both]

    assert result.code == 0, result.out
    assert came == [True, True]
    for load in both:
        assert load.failures == []
        assert set(load.answers) == {"v1 app-web-v1", "v2 app-web-v2"}
    assert [running(host) for host in lab.hosts] == [{"app-web-v2"}] * 2 + [{"app-job-v2"}] * 2
    assert [stopped(host) for host in lab.hosts] == [{"app-web-v1"}] * 2 + [{"app-job-v1"}] * 2
    assert [verdict.agrees for verdict in result.told(Verified)[0].pairs] == [True] * 4


def test_old_versions_are_kept_as_configured_and_rolled_back_to(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    project = a_project(lab, tmp_path, web=["h1"], job=["h1"], retain_containers=1)
    for version in ("v1", "v2", "v3"):
        lab.app_image(version)
        assert project.run("deploy", "-P", "--version", version).code == 0

    assert running(host) == {"app-web-v3", "app-job-v3"}
    assert stopped(host) == {"app-web-v2", "app-job-v2"}
    assert tags(host) == {"v3", "v2", "latest"}

    gone = project.run("rollback", "v1")
    assert gone.code == 1
    assert "version v1 is not there any more for web@h1, job@h1" in gone.card
    assert "web@h1 has v3, v2" in gone.card
    assert running(host) == {"app-web-v3", "app-job-v3"}

    back = project.run("rollback")
    assert back.code == 0, back.out
    assert running(host) == {"app-web-v2", "app-job-v2"}
    assert get(host) == (200, "v2 app-web-v2")

    again = project.run("rollback", "v3")
    assert again.code == 0, again.out
    assert get(host) == (200, "v3 app-web-v3")
    tagged = host.docker("image", "inspect", "--format={{json .RepoTags}}", f"{lab.registry}/app:latest")
    assert f"{lab.registry}/app:v3" in tagged


def test_the_same_version_again_replaces_its_own_container(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    lab.app_image("v1")
    project = a_project(lab, tmp_path, web=["h1"], job=["h1"])
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    before = containers(host)["app-web-v1"]

    with Load(host.address, SITE, clients=4) as load:
        result = project.run("redeploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    assert load.failures == []
    assert running(host) == {"app-web-v1", "app-job-v1"}
    assert containers(host)["app-web-v1"].started > before.started
    replaced = {name.partition("_replaced_")[0] for name in stopped(host)}
    assert replaced == {"app-web-v1", "app-job-v1"}
    assert any("Renaming container v1 to v1_replaced_" in line for line in audit(host))


def test_a_rollback_with_nothing_to_go_back_to_says_so(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    project = a_project(lab, tmp_path, web=["h1"])
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    before = everything(lab.hosts[0])

    result = project.run("rollback")

    assert result.code == 1
    assert "there is no version to roll back to" in result.err
    assert everything(lab.hosts[0]) == before
