"""The proxy of the lab does what kamal-proxy does: these hold for the real image and for the stand-in."""

import re
import socket
import ssl
from http.client import HTTPConnection

import pytest

from tests.lab import Lab, LabHost
from tests.lab.commands import must, run
from tests.lab.kamal_proxy import KamalProxy
from tests.lab.load import Load

SITE = "app.example.com"
ON_SITE = f"--host={SITE}"


@pytest.fixture
def host(lab: Lab) -> LabHost:
    return lab.hosts[0]


@pytest.fixture
def proxy(host: LabHost) -> KamalProxy:
    proxy = KamalProxy(host)
    proxy.boot()
    return proxy


def app(lab: Lab, proxy: KamalProxy, version: str, mode: str = "healthy", *options: str) -> str:
    """Start one version of the application; returns its target."""
    image = lab.app_image(version, mode=mode)
    lab.pull(proxy.host, image)
    return f"{proxy.run_app(image, f'app-web-{version}', *options)}:80"


def get(host: LabHost, path: str, site: str = SITE) -> tuple[int, str]:
    connection = HTTPConnection(host.address, timeout=10)
    connection.request("GET", path, headers={"Host": site})
    response = connection.getresponse()
    body = response.read().decode().strip()
    connection.close()
    return response.status, body


def health_errors(proxy: KamalProxy) -> list[str]:
    return [str(line["error"]) for line in proxy.log() if line["msg"] == "Healthcheck failed"]


def test_no_request_fails_while_versions_are_swapped_under_load(lab: Lab, proxy: KamalProxy) -> None:
    targets = {version: app(lab, proxy, version) for version in ("v1", "v2")}
    proxy.deploy("app-web", targets["v1"], ON_SITE)

    with Load(proxy.host.address, SITE) as load:
        for version in ("v2", "v1", "v2", "v1", "v2"):
            seen = load.answers[f"{version} app-web-{version}"]
            assert proxy.deploy("app-web", targets[version], ON_SITE).returncode == 0
            assert load.wait_for(f"{version} app-web-{version}", times=seen + 50)
        proxy.host.docker("stop", "app-web-v1")

    assert load.failures == []
    assert set(load.answers) == {"v1 app-web-v1", "v2 app-web-v2"}


def test_a_request_in_flight_is_answered_by_the_target_it_went_to(lab: Lab, proxy: KamalProxy) -> None:
    old, new = app(lab, proxy, "v1"), app(lab, proxy, "v2")
    proxy.deploy("app-web", old, ON_SITE)

    with Load(proxy.host.address, SITE, path="/sleep?ms=300", clients=20) as load:
        assert load.wait_for("v1", times=1)
        assert proxy.deploy("app-web", new, ON_SITE).returncode == 0
        proxy.host.docker("rm", "--force", "app-web-v1")
        assert load.wait_for("v2", times=1)

    assert load.failures == []


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("missing", r"unexpected status \(404\)"),
        ("unhealthy", r"unexpected status \(500\)"),
        ("wrong-port", r'Get "http://.*:80/up": dial tcp .*:80: connect: connection refused'),
        ("hang", r"request timed out"),
    ],
)
def test_a_target_that_is_never_healthy_fails_the_deploy_and_the_old_one_serves(
    lab: Lab, proxy: KamalProxy, mode: str, error: str
) -> None:
    proxy.deploy("app-web", app(lab, proxy, "v1"), ON_SITE)
    bad = app(lab, proxy, "v2", mode)

    said = proxy.deploy("app-web", bad, ON_SITE, "--deploy-timeout=2s", "--health-check-timeout=1s")

    assert said.returncode == 1
    assert said.stderr == "Error: target failed to become healthy within configured timeout (2s)\n"
    assert get(proxy.host, "/version") == (200, "v1 app-web-v1")
    assert re.fullmatch(error, health_errors(proxy)[0])


def test_a_target_that_does_not_exist_is_a_name_that_is_not_found(proxy: KamalProxy) -> None:
    said = proxy.deploy("app-web", "0123456789ab:80", "--deploy-timeout=1s")

    assert said.returncode == 1
    assert "no such host" in health_errors(proxy)[0]


def test_a_slow_target_is_swapped_in_when_it_listens(lab: Lab, proxy: KamalProxy) -> None:
    slow = app(lab, proxy, "v1", "slow:1.2")

    said = proxy.deploy("app-web", slow, ON_SITE, "--deploy-timeout=10s")

    assert said.returncode == 0
    assert get(proxy.host, "/version") == (200, "v1 app-web-v1")
    updated = [line for line in proxy.log() if line["msg"] == "Target health updated"]
    assert [(line["target"], line["state"], line["was"]) for line in updated] == [(slow, "healthy", "adding")]
    assert proxy.log()[0]["level"] == "INFO"


def test_requests_go_to_the_longest_path_of_the_exact_host(lab: Lab, proxy: KamalProxy) -> None:
    main, api, other = (app(lab, proxy, version) for version in ("v1", "v2", "v3"))
    proxy.deploy("main", main, ON_SITE)
    proxy.deploy("api", api, ON_SITE, "--path-prefix=/api")
    proxy.deploy("other", other)

    assert get(proxy.host, "/version") == (200, "v1 app-web-v1")
    assert get(proxy.host, "/api/version") == (200, "v2 app-web-v2")
    assert get(proxy.host, "/apiary") == (200, "v1 /apiary")
    assert get(proxy.host, "/version", "else.example.com") == (200, "v3 app-web-v3")


def test_a_host_belongs_to_one_service(lab: Lab, proxy: KamalProxy) -> None:
    target = app(lab, proxy, "v1")
    proxy.deploy("app-web", target, ON_SITE)

    said = proxy.deploy("another", target, ON_SITE)

    assert (said.returncode, said.stderr) == (1, "Error: host settings conflict with another service\n")


def test_a_stopped_service_says_its_message_until_it_is_resumed(lab: Lab, proxy: KamalProxy) -> None:
    proxy.deploy("app-web", app(lab, proxy, "v1"), ON_SITE)

    assert proxy.command("stop", "app-web", "--drain-timeout=1s", "--message=Back soon").returncode == 0
    status, page = get(proxy.host, "/version")
    assert status == 503
    assert "Back soon" in page

    assert proxy.command("resume", "app-web").returncode == 0
    assert get(proxy.host, "/version") == (200, "v1 app-web-v1")


def test_services_outlive_a_restart_of_the_proxy_until_they_are_removed(lab: Lab, proxy: KamalProxy) -> None:
    proxy.deploy("app-web", app(lab, proxy, "v1"), ON_SITE)

    proxy.host.docker("restart", "kamal-proxy")
    with Load(proxy.host.address, SITE, clients=1) as load:
        assert load.wait_for("v1 app-web-v1", times=1)

    assert proxy.command("remove", "app-web").returncode == 0
    assert get(proxy.host, "/version")[0] == 404
    assert proxy.command("remove", "app-web").stderr == "Error: service not found\n"


def test_the_list_has_a_coloured_row_for_each_service(lab: Lab, proxy: KamalProxy) -> None:
    target = app(lab, proxy, "v1")
    proxy.deploy("app-web", target, ON_SITE)

    table = proxy.command("list").stdout

    assert "\x1b[" in table
    rows = [line.split() for line in re.sub(r"\x1b\[[0-9;]*m", "", table).splitlines()]
    assert rows[0] == ["Service", "Host", "Path", "Target", "State", "TLS"]
    assert rows[1] == ["app-web", SITE, "/", target, "running", "no"]


def test_every_option_that_kamal_passes_is_taken(lab: Lab, proxy: KamalProxy) -> None:
    target = app(lab, proxy, "v1")
    options = [
        "--host=a.example.com",
        "--host=b.example.com",
        "--tls=false",
        "--health-check-interval=1s",
        "--health-check-timeout=5s",
        "--health-check-path=/up",
        "--target-timeout=10s",
        "--buffer-requests",
        "--buffer-responses",
        "--buffer-memory=1000000",
        "--max-request-body=1000000",
        "--max-response-body=0",
        "--forward-headers",
        "--strip-path-prefix=true",
        "--log-request-header=Cache-Control",
        "--log-request-header=User-Agent",
        "--tls-redirect=false",
    ]

    said = proxy.deploy("app-web", target, *options)

    assert (said.returncode, said.stderr) == (0, "")
    assert get(proxy.host, "/version", "b.example.com") == (200, "v1 app-web-v1")


def test_deploying_over_a_stopped_service_does_not_resume_it(lab: Lab, proxy: KamalProxy) -> None:
    proxy.deploy("app-web", app(lab, proxy, "v1"), ON_SITE)
    proxy.command("stop", "app-web")

    proxy.deploy("app-web", app(lab, proxy, "v2"), ON_SITE)
    assert get(proxy.host, "/version")[0] == 503

    proxy.command("resume", "app-web")
    assert get(proxy.host, "/version") == (200, "v2 app-web-v2")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--tls"], "service options invalid: host must be set when using TLS"),
        (
            ["--tls", ON_SITE, "--path-prefix=/api"],
            "service options invalid: TLS settings must be specified on the root path service",
        ),
        (["--max-request-body=5"], "max-request-body can only be set when request buffering is enabled"),
        (["--error-pages=/nowhere"], "unable to load error pages"),
    ],
)
def test_options_that_do_not_fit_are_refused(proxy: KamalProxy, options: list[str], error: str) -> None:
    said = proxy.deploy("app-web", "0123456789ab:80", *options)

    assert (said.returncode, said.stderr) == (1, f"Error: {error}\n")


def test_a_certificate_of_ones_own_is_served_and_plain_http_redirected(lab: Lab, proxy: KamalProxy) -> None:
    target = app(lab, proxy, "v1")
    directory = proxy.host.home / ".kamal/proxy/apps-config/app/tls"
    directory.mkdir(parents=True)
    key, certificate = directory / "key.pem", directory / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={SITE}", "-days", "1"]
    made += ["-addext", f"subjectAltName=DNS:{SITE}"]
    must(run([*made, "-keyout", str(key), "-out", str(certificate)]))
    key.chmod(0o644)
    inside = "/home/kamal-proxy/.apps-config/app/tls"
    paths = (f"--tls-certificate-path={inside}/cert.pem", f"--tls-private-key-path={inside}/key.pem")

    said = proxy.deploy("app-web", target, ON_SITE, "--tls", *paths)

    assert (said.returncode, said.stderr) == (0, "")
    assert get(proxy.host, "/version")[0] == 301
    trusting = ssl.create_default_context(cafile=str(certificate))
    with (
        socket.create_connection((proxy.host.address, 443), timeout=10) as plain,
        trusting.wrap_socket(plain, server_hostname=SITE) as secured,
    ):
        secured.sendall(f"GET /version HTTP/1.0\r\nHost: {SITE}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: secured.recv(4096), b""))
    assert answer.endswith(b"v1 app-web-v1\n")
