"""First deploys whose containers can not work: each cause is named."""

from pathlib import Path

from tests.lab import Lab
from tests.lab.deploys.project import a_project
from tests.lab.deploys.seen import locked, running


def test_a_job_that_crashes_fails_the_run_after_the_web_role(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1")
    crashing = {"hosts": ["h2"], "env": {"clear": {"APP_MODE": "crash:0.3"}}}
    servers = {"web": {"hosts": ["h1"]}, "job": crashing}
    project = a_project(lab, tmp_path, servers=servers, readiness_delay=1)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert result.card.startswith("FAILED boot of job on h2")
    assert "could not connect to database at db:5432" in result.card
    assert "h1 v1 serves · h2 v1 stopped, nothing runs · lock released" in result.card
    assert result.card.partition(" retry ")[2].startswith("backstaff deploy --resume ")
    assert running(lab.hosts[0]) == {"app-web-v1"}
    assert running(lab.hosts[1]) == set()
    assert not locked(lab.hosts[0])


def test_an_app_out_of_memory_is_told_as_that(lab: Lab, tmp_path: Path) -> None:
    lab.app_image("v1", mode="oom")
    servers = {"web": {"hosts": ["h1"], "options": {"memory": "48m", "memory-swap": "48m"}}}
    project = a_project(lab, tmp_path, servers=servers)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert "cause the container ran out of memory and was killed" in result.card
    assert "options: memory" in result.card
    assert running(lab.hosts[0]) == set()


def test_an_app_that_the_kernel_kills_itself_is_told_with_what_that_means(lab: Lab, tmp_path: Path) -> None:
    """Docker hears of the kill and of the end on two ways, and tells of the kill only where it came first."""
    lab.app_image("v1", mode="oom-self")
    servers = {"web": {"hosts": ["h1"], "options": {"memory": "48m", "memory-swap": "48m"}}}
    project = a_project(lab, tmp_path, servers=servers)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert "ran out of memory and was killed" in result.card or "exited 137" in result.card
    assert "memory" in result.card.partition(" fix ")[2]
    assert running(lab.hosts[0]) == set()


def test_a_port_that_is_taken_is_told(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    image = lab.app_image("v1")
    lab.pull(host, image)
    host.docker("run", "--detach", "--name=squatter", "--publish=8080:80", image)
    servers = {"web": {"hosts": ["h1"], "options": {"publish": "8080:80"}}}
    project = a_project(lab, tmp_path, servers=servers)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert "cause port 8080 is taken on this host" in result.card
    assert running(host) == {"squatter"}


def test_a_healthcheck_of_the_image_decides_about_a_job(lab: Lab, tmp_path: Path) -> None:
    """The image's check asks the web server, which a worker does not have."""
    lab.app_image("v1", healthcheck=True)
    broken = {"hosts": ["h2"], "env": {"clear": {"APP_MODE": "unhealthy"}}}
    project = a_project(lab, tmp_path, servers={"web": {"hosts": ["h1"]}, "job": broken}, deploy_timeout=5)

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 1
    assert result.card.startswith("FAILED boot of job on h2")
    assert "HEALTHCHECK" in result.card
    assert running(lab.hosts[1]) == set()
