"""`registry.server: localhost:5000`: built and pushed on this machine, pulled through the connections."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backstaff.events.facts import Phase
from tests.lab import Lab, LabHost, SshSettings
from tests.lab.app_image import app_image
from tests.lab.deploys.moments import begins
from tests.lab.deploys.project import Project, a_project
from tests.lab.deploys.seen import everything, get, running
from tests.lab.engine import Engine
from tests.lab.local_registry import REGISTRY_CONTAINER, REGISTRY_TAG, registry_archive
from tests.lab.waiting import wait_until

PORT = 5000
BASE = "app-base:1"


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[Engine]:
    """The client's Docker, which has the registry's image and one to build on."""
    engine = lab.hub.docker.engine
    engine.load(registry_archive())
    base = app_image("base", service="app", label=True, mode="healthy", healthcheck=False)
    engine.load(base.archive(BASE))
    yield engine
    for tag in (REGISTRY_TAG, BASE):
        engine.call("DELETE", f"/images/{tag}?force=1")


@pytest.fixture
def project(lab: Lab, client: Engine, tmp_path: Path) -> Iterator[Project]:
    """For h1, and h2 behind the jump host h4."""
    gate = lab.hosts[3]
    lab.hosts[1].admit_ssh_from(gate.address)
    config = tmp_path / "ssh_config"
    config.write_text(f"Host h2\n  ProxyJump {gate.name}\n{lab.ssh_config.read_text()}")
    project = a_project(
        lab,
        tmp_path,
        web=["h1", "h2"],
        registry={"server": f"localhost:{PORT}"},
        ssh={"config": str(config)},
    )
    project.beside_docker = True
    project.write("Dockerfile", f"FROM {BASE}\nCOPY content.txt /assets/\n")
    project.write("content.txt", "built here\n")
    yield project
    client.call("DELETE", f"/containers/{REGISTRY_CONTAINER}?force=1&v=1")
    for tag in [tag for image in client.images() for tag in image.tags if tag.startswith("localhost:")]:
        client.call("DELETE", f"/images/{tag}?force=1")


def listening(host: LabHost) -> str:
    """What listens on the registry's port."""
    return host.sh(f"ss -Hltn sport = :{PORT}").stdout


def test_an_image_of_the_local_registry_reaches_hosts_that_have_no_way_to_it(
    lab: Lab, client: Engine, project: Project
) -> None:
    hosts = lab.hosts[:2]
    version = project.commit()

    result = project.run("deploy")

    assert result.code == 0, result.out + result.err
    assert [get(host, "/assets/content.txt") for host in hosts] == [(200, "built here")] * 2
    images = [host.docker("inspect", "--format={{.Config.Image}}", f"app-web-{version}") for host in hosts]
    assert images == [f"localhost:{PORT}/app:{version}\n"] * 2
    assert [listening(host) for host in hosts] == ["", ""]

    client.call("POST", f"/containers/{REGISTRY_CONTAINER}/stop?t=1")
    for host in hosts:
        host.wipe()
    result = project.run("deploy", "--skip-push")

    assert result.code == 0, result.out + result.err
    assert [running(host) for host in hosts] == [{f"app-web-{version}"}] * 2
    assert [listening(host) for host in hosts] == ["", ""]


def take_port(host: LabHost) -> None:
    host.configure_sshd(SshSettings(ports=(22, PORT)))


def forbid_forwarding(host: LabHost) -> None:
    host.configure_sshd(SshSettings(allow_forwarding=False))


@pytest.mark.parametrize("fault", [take_port, forbid_forwarding], ids=["port-taken", "forwarding-forbidden"])
def test_a_host_that_can_not_be_lent_the_registry_ends_the_run_before_anything_is_changed(
    lab: Lab, project: Project, fault: Callable[[LabHost], None]
) -> None:
    before = [everything(host) for host in lab.hosts[:2]]
    project.commit()
    fault(lab.hosts[1])

    result = project.run("deploy")

    assert result.code == 1, result.out
    assert "pull" in result.headline
    assert result.headline.endswith(" h2")
    assert f"port {PORT} of this machine can not be lent to the host" in result.card
    assert "AllowTcpForwarding" in result.card
    assert [everything(host) for host in lab.hosts[:2]] == before
    assert listening(lab.hosts[0]) == ""


def test_a_run_that_is_cancelled_takes_its_tunnels_with_it(lab: Lab, project: Project) -> None:
    project.commit()

    with project.start("deploy") as deploy:
        deploy.wait_until(begins(Phase.PULL), "the pull")
        deploy.send(signal.SIGINT)
        result = deploy.ended(timeout_s=40)

    assert result.code == 130, result.out
    h1, h2 = lab.hosts[:2]
    wait_until(lambda: listening(h1) == listening(h2) == "", "the end of the tunnels")
