"""Building and pushing the image, from a clean clone of the repository."""

import signal
from pathlib import Path

import pytest

from backstaff.events.facts import Phase
from backstaff.events.types import PhaseStarted
from tests.lab import Lab
from tests.lab.commands import must
from tests.lab.deploys.moments import says
from tests.lab.deploys.project import Project, a_project
from tests.lab.deploys.seen import everything, get, locked, running
from tests.lab.waiting import wait_until
from tests.simulator.processes import mentioning


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    base = lab.app_image("base")
    project = a_project(lab, tmp_path, web=["h1"], builder={"arch": "amd64", "args": {"COLOUR": "blue"}})
    project.write(
        "Dockerfile",
        f"FROM {base}\nARG COLOUR\nRUN echo $COLOUR > /assets/colour.txt\nCOPY content.txt /assets/\n",
    )
    project.write("content.txt", "committed\n")
    return project


def test_what_is_committed_is_built_pushed_and_deployed(lab: Lab, project: Project) -> None:
    host = lab.hosts[0]
    version = project.commit()
    project.write("content.txt", "not committed\n")
    project.write("untracked.txt", "not even added\n")

    result = project.run("deploy")

    assert result.code == 0, result.out + result.err
    assert running(host) == {f"app-web-{version}"}
    assert get(host, "/assets/content.txt") == (200, "committed")
    assert get(host, "/assets/colour.txt") == (200, "blue")
    assert any("not in the image, since they are not committed: " in line for line in result.lines)
    assert any("content.txt, untracked.txt" in line for line in result.lines)
    assert lab.registry_password not in result.out
    assert not (project.home / ".docker" / "config.json").exists()

    project.write("content.txt", "committed as well\n")
    project.commit()
    assert project.run("redeploy").code == 0
    assert get(host, "/assets/content.txt") == (200, "committed as well")


def test_a_repository_without_a_dockerfile_is_told(lab: Lab, project: Project) -> None:
    (project.directory / "Dockerfile").unlink()
    project.commit()
    before = everything(lab.hosts[0])

    result = project.run("deploy")

    assert result.code == 1
    assert "there is no Dockerfile" in result.card
    assert everything(lab.hosts[0]) == before


def test_a_build_that_fails_shows_its_last_lines(lab: Lab, project: Project) -> None:
    dockerfile = project.directory / "Dockerfile"
    project.write("Dockerfile", f"{dockerfile.read_text()}RUN echo gem rails not found >&2; exit 5\n")
    project.commit()
    before = everything(lab.hosts[0])

    result = project.run("deploy")

    assert result.code == 1
    assert result.card.startswith("FAILED docker build ")
    assert "---> Running in" in result.card
    assert result.card.count("gem rails not found") == 3
    assert not locked(lab.hosts[0])
    assert everything(lab.hosts[0]) == before


def test_a_signal_while_the_image_is_built_ends_the_build_and_touches_no_host(
    lab: Lab, project: Project
) -> None:
    dockerfile = project.directory / "Dockerfile"
    project.write("Dockerfile", f"{dockerfile.read_text()}RUN echo step $((6 * 7)) takes long; sleep 600\n")
    project.commit()
    before = everything(lab.hosts[0])

    with project.start("deploy") as deploy:
        deploy.wait_until(says("step 42 takes long"), "the long step")
        deploy.send(signal.SIGINT)
        result = deploy.ended(timeout_s=40)

    assert result.code == 130
    assert result.card.startswith("CANCELLED")
    assert [each.phase for each in result.told(PhaseStarted)] == [Phase.CONNECT, Phase.BUILD, Phase.VERIFY]
    assert not locked(lab.hosts[0])
    assert everything(lab.hosts[0]) == before
    assert mentioning(project.root) == []
    assert [each.name for each in (project.root / "tmp").iterdir()] == ["kamal-clones"]
    shown = ("ps", "--no-trunc", "--format={{.Command}}")
    wait_until(lambda: "takes long" not in must(lab.hub.docker.command(*shown)), "the end of the long step")


def test_a_registry_that_refuses_the_login_is_told_and_nothing_is_deployed(
    lab: Lab, project: Project
) -> None:
    project.commit()
    project.write(".kamal/secrets", "REGISTRY_PASSWORD=wrong-password-123\nDB_PASSWORD=x\n")
    before = everything(lab.hosts[0])

    result = project.run("deploy")

    assert result.code == 1
    assert "the registry refused the login" in result.card
    assert "unauthorized: authentication required" in result.card
    assert "registry.password" in result.card
    assert "wrong-password-123" not in result.out + project.journals[-1].read_text()
    assert everything(lab.hosts[0]) == before


def test_a_machine_without_a_working_docker_is_told(lab: Lab, project: Project, tmp_path: Path) -> None:
    project.commit()
    project.environ["DOCKER_HOST"] = f"unix://{tmp_path}/nothing.sock"

    result = project.run("deploy")

    assert result.code == 1
    assert "Docker on this machine does not answer" in result.card
    assert "--skip-push" in result.card


def test_without_a_commit_there_is_no_version(project: Project) -> None:
    git = project.directory / ".git"
    git.rename(project.directory / "was-git")

    result = project.run("deploy")

    assert result.code == 2
    assert "not in a git repository" in result.err
    assert "--version" in result.err
