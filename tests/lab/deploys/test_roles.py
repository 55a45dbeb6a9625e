"""Roles, boot groups and destinations side by side."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from backstaff.events.facts import BarrierState, PairState
from backstaff.events.types import BarrierChanged, PairChanged
from tests.lab import Lab, LabHost
from tests.lab.deploys.project import Result, a_project
from tests.lab.deploys.seen import containers, everything, get, locked, running, tags


@pytest.fixture(autouse=True)
def images(lab: Lab) -> None:
    for version in ("v1", "v2"):
        lab.app_image(version)


def started(host: LabHost, name: str) -> datetime:
    return datetime.fromisoformat(containers(host)[name].started[:26] + "+00:00")


def states(result: Result, host: str, role: str) -> list[PairState]:
    return [each.state for each in result.told(PairChanged) if (each.host, each.role) == (host, role)]


@pytest.mark.parametrize("parallel", [False, True])
def test_two_roles_share_a_host(lab: Lab, tmp_path: Path, parallel: bool) -> None:
    project = a_project(
        lab, tmp_path, web=["h1"], job=["h1", "h2"], boot={"parallel_roles": parallel}, readiness_delay=1
    )

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    assert running(lab.hosts[0]) == {"app-web-v1", "app-job-v1"}
    assert running(lab.hosts[1]) == {"app-job-v1"}
    assert (PairState.WAITING in states(result, "h1", "job")) is parallel
    assert result.told(BarrierChanged)[-1].state is BarrierState.OPEN


def test_the_reported_configuration_deploys_group_by_group(lab: Lab, tmp_path: Path) -> None:
    boot = {"limit": 1, "wait": 5}
    project = a_project(lab, tmp_path, web=["h1", "h2"], job=["h3"], boot=boot)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    h1, h2, h3, _ = lab.hosts
    assert [running(host) for host in (h1, h2, h3)] == [{"app-web-v1"}, {"app-web-v1"}, {"app-job-v1"}]
    assert any("boot.wait between groups" in line for line in result.lines)
    wait = timedelta(seconds=5)
    assert started(h2, "app-web-v1") - started(h1, "app-web-v1") >= wait
    assert started(h3, "app-job-v1") - started(h2, "app-web-v1") >= wait


def test_a_role_that_is_asked_for_alone_waits_for_nobody(lab: Lab, tmp_path: Path) -> None:
    project = a_project(lab, tmp_path, web=["h1"], job=["h2"])
    before = everything(lab.hosts[0])

    result = project.run("deploy", "-P", "--version", "v1", "-r", "job")

    assert result.code == 0, result.out + result.err
    assert running(lab.hosts[1]) == {"app-job-v1"}
    assert PairState.WAITING not in states(result, "h2", "job")
    assert containers(lab.hosts[0]) == {}
    assert not locked(lab.hosts[0])
    assert everything(lab.hosts[0]).splitlines()[:6] == before.splitlines()[:6]


def test_a_role_that_does_not_exist_is_a_usage_error(lab: Lab, tmp_path: Path) -> None:
    project = a_project(lab, tmp_path, web=["h1"], job=["h2"])

    result = project.run("deploy", "-P", "--version", "v1", "-r", "wbe")

    assert result.code == 2
    assert "wbe" in result.err
    assert "web" in result.err


def test_destinations_on_one_host_leave_each_other_alone(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    project = a_project(lab, tmp_path, web=["h1"], env=None, retain_containers=1)
    project.write(".kamal/secrets-common", f"REGISTRY_PASSWORD={lab.registry_password}\n")
    for name in ("staging", "production"):
        site = {"host": f"{name}.example.com", "healthcheck": {"interval": 1}}
        env = {"clear": {"STAGE": name}, "secret": ["TOKEN"]}
        project.configure({"proxy": site, "env": env}, destination=name)
        project.write(f".kamal/secrets.{name}", f"TOKEN=token-of-{name}\n")

    def deploy(destination: str, version: str) -> None:
        result = project.run("deploy", "-P", "-d", destination, "--version", version)
        assert result.code == 0, result.out + result.err

    deploy("production", "v2")
    deploy("production", "v1")
    production = containers(host)["app-web-production-v1"]
    (host.home / ".kamal/lock-app-production").mkdir()
    deploy("staging", "v1")

    assert running(host) == {"app-web-production-v1", "app-web-staging-v1"}
    seen = containers(host)
    assert seen["app-web-production-v1"] == production
    assert not seen["app-web-production-v2"].runs
    assert get(host, "/env/STAGE", "production.example.com") == (200, "production")
    assert get(host, "/env/TOKEN", "production.example.com") == (200, "token-of-production")
    assert get(host, "/env/STAGE", "staging.example.com") == (200, "staging")
    assert get(host, "/env/TOKEN", "staging.example.com") == (200, "token-of-staging")
    assert production.labels["destination"] == production.env["KAMAL_DESTINATION"] == "production"
    assert tags(host) == {"v1", "v2", "latest-production", "latest-staging"}
    assert locked(host, "app-production")
    assert not locked(host, "app-staging")


def test_only_selected_hosts_are_touched(lab: Lab, tmp_path: Path) -> None:
    project = a_project(lab, tmp_path, web=["h1", "h2"])
    before = everything(lab.hosts[1])

    result = project.run("deploy", "-P", "--version", "v1", "-h", "h1")

    assert result.code == 0, result.out
    assert running(lab.hosts[0]) == {"app-web-v1"}
    assert everything(lab.hosts[1]) == before
