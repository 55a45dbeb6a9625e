"""Files that a deploy puts on hosts: assets, error pages, certificates; and hosts without a role."""

import socket
import ssl
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.commands import must, run
from tests.lab.deploys.project import SITE, a_project
from tests.lab.deploys.seen import audit, containers, get, running


@pytest.fixture(autouse=True)
def images(lab: Lab) -> None:
    for version in ("v1", "v2"):
        lab.app_image(version)


def test_the_new_version_serves_the_assets_of_the_old_one_too(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    project = a_project(lab, tmp_path, web=["h1"], asset_path="/assets")
    for version in ("v1", "v2"):
        result = project.run("deploy", "-P", "--version", version)
        assert result.code == 0, result.out

    assert get(host, "/assets/app-v2.css") == (200, "/* v2 */")
    assert get(host, "/assets/app-v1.css") == (200, "/* v1 */")
    assert get(host, "/assets/shared.txt") == (200, "v2")
    kept = host.home / ".kamal/apps/app/assets"
    assert sorted(path.name for path in kept.glob("*/*")) == ["web-v2", "web-v2"]
    assert set(containers(host)) == {"kamal-proxy", "app-web-v1", "app-web-v2"}


def test_error_pages_are_shown_by_the_proxy(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    project = a_project(lab, tmp_path, web=["h1"], error_pages_path="public")
    project.write("public/502.html", "<p>Gone fishing</p>")
    project.write("public/index.html", "not an error page")

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out
    pages = host.home / ".kamal/proxy/apps-config/app/error_pages/v1"
    assert [page.name for page in pages.iterdir()] == ["502.html"]
    host.docker("stop", "app-web-v1")
    assert get(host) == (502, "<p>Gone fishing</p>")


def test_a_certificate_of_ones_own_is_served(lab: Lab, tmp_path: Path) -> None:
    host = lab.hosts[0]
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={SITE}", "-days", "1"]
    made += ["-addext", f"subjectAltName=DNS:{SITE}", "-keyout", str(key), "-out", str(certificate)]
    must(run(made))
    files = {"certificate_pem": "CERTIFICATE", "private_key_pem": "PRIVATE_KEY"}
    project = a_project(lab, tmp_path, web=["h1"], proxy={"host": SITE, "ssl": files})
    secrets = project.directory / ".kamal/secrets"
    secrets.write_text(
        secrets.read_text() + f'CERTIFICATE="{certificate.read_text()}"\nPRIVATE_KEY="$(cat {key})"\n'
    )

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out + result.err
    directory = host.home / ".kamal/proxy/apps-config/app/tls/web"
    assert sorted(path.name for path in directory.iterdir()) == ["cert.pem", "key.pem"]
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o644}
    assert get(host)[0] == 301
    trusting = ssl.create_default_context(cafile=str(certificate))
    with (
        socket.create_connection((host.address, 443), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname=SITE) as secured,
    ):
        secured.sendall(f"GET /version HTTP/1.0\r\nHost: {SITE}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: secured.recv(4096), b""))
    assert answer.endswith(b"v1 app-web-v1\n")
    private = key.read_text().splitlines()[1]
    assert private not in project.journals[-1].read_text()


def test_a_host_with_only_an_accessory_gets_the_network_and_is_pruned(lab: Lab, tmp_path: Path) -> None:
    db = lab.hosts[1]
    accessories = {"db": {"image": f"{lab.registry}/app:v1", "host": "h2"}}
    project = a_project(lab, tmp_path, web=["h1"], job=["h1"], accessories=accessories)

    result = project.run("deploy", "-P", "--version", "v1", "-h", "h2,h1")

    assert result.code == 0, result.out
    assert "kamal" in db.docker("network", "ls", "--format={{.Name}}").split()
    assert containers(db) == {}
    assert audit(db)[-2:] == ["[ada@example.com] Pruned containers", "[ada@example.com] Pruned images"]
    assert running(lab.hosts[0]) == {"app-web-v1", "app-job-v1"}
