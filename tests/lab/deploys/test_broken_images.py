"""Images that can not become healthy: the old version serves on, and the card says why.

`v1` is deployed once. Every test finds it serving, and leaves it so.
"""

from collections.abc import Iterator

import pytest

from tests.lab import Lab
from tests.lab.deploys.project import SITE, Project, Result, a_project
from tests.lab.deploys.seen import containers, get, locked, running, tags
from tests.lab.load import Load


@pytest.fixture(scope="module", autouse=True)
def _clean_hosts(lab: Lab) -> None:
    lab.heal()
    lab.wipe()


@pytest.fixture(scope="module")
def deployed(lab: Lab, _clean_hosts: None, tmp_path_factory: pytest.TempPathFactory) -> Project:
    lab.app_image("v1")
    project = a_project(
        lab,
        tmp_path_factory.mktemp("project"),
        web=["h1"],
        job=["h2"],
        deploy_timeout=5,
        proxy={"host": SITE, "healthcheck": {"interval": 1, "timeout": 1}},
    )
    assert project.run("deploy", "-P", "--version", "v1").code == 0
    return project


@pytest.fixture
def project(lab: Lab, deployed: Project) -> Iterator[Project]:
    """The project, and the proof that nothing which serves was lost."""
    host, worker = lab.hosts[:2]
    yield deployed
    lab.heal()
    assert get(host) == (200, "v1 app-web-v1")
    assert running(host) == {"app-web-v1"}
    assert running(worker) == {"app-job-v1"}
    assert not locked(host)


def deploy(project: Project, version: str) -> Result:
    return project.run("deploy", "-P", "--version", version)


@pytest.mark.parametrize(
    ("mode", "causes"),
    [
        ("unhealthy", ["web answered 500 on GET /up", "kamal-proxy says: target failed"]),
        ("missing", ["web answered 404 on GET /up", "proxy.healthcheck.path"]),
        ("crash", ["could not connect to database at db:5432", "is db:5432 reachable"]),
        ("hang", ["web did not answer GET /up in time", "proxy.healthcheck.timeout"]),
    ],
)
def test_a_broken_version_is_given_up_and_the_old_one_serves_on(
    lab: Lab, project: Project, mode: str, causes: list[str]
) -> None:
    host, worker = lab.hosts[:2]
    lab.app_image(mode, mode=mode)

    with Load(host.address, SITE, clients=2) as load:
        result = deploy(project, mode)

    assert result.code == 1
    assert load.failures == []
    assert set(load.answers) == {"v1 app-web-v1"}
    assert f"app-web-{mode}" in containers(host)
    assert f"app-job-{mode}" not in containers(worker)
    assert result.card.startswith("FAILED boot of web on h1")
    for cause in causes:
        assert cause in result.card, result.out
    assert f"h1 {mode} stopped, v1 serves · h2 v1 runs, untouched · lock released" in result.card
    printed = f"backstaff app logs -h h1 --container-id app-web-{mode}"
    assert printed in result.card
    assert f"starting version {mode}" in project.run_printed(printed).out


def test_a_missing_image_is_told_before_the_lock_is_taken(project: Project) -> None:
    result = deploy(project, "never-pushed")

    assert result.code == 1
    assert result.card.startswith("FAILED pull on h1")
    assert "never-pushed is not in the registry" in result.card
    assert not any("lock taken" in line for line in result.lines)


def test_a_wrong_registry_password_is_told(lab: Lab, project: Project) -> None:
    lab.app_image("v2")
    secrets = project.directory / ".kamal/secrets"
    right = secrets.read_text()
    secrets.write_text(right.replace(lab.registry_password, "wrong-password-123"))

    result = deploy(project, "v2")

    secrets.write_text(right)
    assert result.code == 1
    assert "the registry does not accept the credentials" in result.card
    assert "registry.password" in result.card
    assert "wrong-password-123" not in result.out


def test_an_image_without_the_service_label_is_refused(lab: Lab, project: Project) -> None:
    lab.app_image("plain", label=False)

    result = deploy(project, "plain")

    assert result.code == 1
    assert "is missing the `service` label, expected service=app" in result.card
    assert "--label service=app" in result.card


def test_a_full_disk_is_told(lab: Lab, project: Project) -> None:
    host = lab.hosts[0]
    lab.app_image("v2")
    before = tags(host)
    host.fill_disk()

    result = deploy(project, "v2")

    assert result.code == 1
    assert result.card.startswith("FAILED pull on h1")
    assert "the disk of the host is full" in result.card
    assert "no space left on device" in result.card
    host.free_disk()
    assert tags(host) == before
