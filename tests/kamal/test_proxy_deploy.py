import subprocess

import pytest

from backstaff.config.models import (
    Buffering,
    Proxy,
    ProxyHealthcheck,
    ProxyLogging,
    TlsCertificate,
)
from backstaff.kamal.proxy_deploy import deploy_command, list_command, remove_command
from tests.kamal.builders import a_config, a_role

FULL = Proxy(
    hosts=("a.test", "b.test"),
    app_port=3000,
    ssl=True,
    certificate=TlsCertificate("CERT", "KEY"),
    ssl_redirect=False,
    forward_headers=True,
    response_timeout=45,
    path_prefixes=("/api", "/v2"),
    strip_path_prefix=False,
    healthcheck=ProxyHealthcheck(interval=2, path="/health?a=$b", timeout=3),
    buffering=Buffering(requests=False, memory=1024, max_request_body=2, max_response_body=0),
    logging=ProxyLogging(("X-Id",), ("Server",)),
)


def test_the_least_that_is_told() -> None:
    config = a_config()
    command = deploy_command(config, config.role("web"), "v1", target="ab12")
    assert command.argv == (
        *("kamal-proxy", "deploy", "app-web", "--target=ab12:80", "--host=app.example.com"),
        *("--deploy-timeout=30s", "--drain-timeout=30s", "--buffer-requests", "--buffer-responses"),
        *("--log-request-header=Cache-Control", "--log-request-header=Last-Modified"),
        "--log-request-header=User-Agent",
    )
    assert command.line == (
        'docker exec kamal-proxy kamal-proxy deploy app-web --target="ab12:80" --host="app.example.com" '
        '--deploy-timeout="30s" --drain-timeout="30s" --buffer-requests --buffer-responses '
        '--log-request-header="Cache-Control" --log-request-header="Last-Modified" '
        '--log-request-header="User-Agent"'
    )


def test_all_that_can_be_told_in_kamals_order() -> None:
    role = a_role("web", proxy=FULL)
    config = a_config(role, destination="eu", error_pages_path="public", deploy_timeout=60, drain_timeout=10)
    tls = "/home/kamal-proxy/.apps-config/app-eu/tls/web"
    assert deploy_command(config, role, "v1", target="ab12").argv[2:] == (
        *("app-web-eu", "--target=ab12:3000", "--host=a.test", "--host=b.test", "--tls"),
        *(f"--tls-certificate-path={tls}/cert.pem", f"--tls-private-key-path={tls}/key.pem"),
        *("--deploy-timeout=60s", "--drain-timeout=10s", "--health-check-interval=2s"),
        *("--health-check-timeout=3s", "--health-check-path=/health?a=$b", "--target-timeout=45s"),
        *("--buffer-requests=false", "--buffer-responses", "--buffer-memory=1024"),
        *("--max-request-body=2", "--max-response-body=0", "--path-prefix=/api", "--path-prefix=/v2"),
        *("--strip-path-prefix=false", "--forward-headers", "--tls-redirect=false"),
        *("--log-request-header=X-Id", "--log-response-header=Server"),
        "--error-pages=/home/kamal-proxy/.apps-config/app-eu/error_pages/v1",
    )


def test_the_line_that_is_shown_means_the_same() -> None:
    role = a_role("web", proxy=FULL)
    command = deploy_command(a_config(role), role, "v1", target="ab12")
    words = command.line.removeprefix("docker exec kamal-proxy ")
    shell = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True
    )
    assert tuple(shell.stdout.splitlines()) == command.argv


def test_a_role_without_proxy_can_not_be_switched() -> None:
    config = a_config(a_role("job"))
    with pytest.raises(ValueError, match="job is not behind the proxy"):
        deploy_command(config, config.role("job"), "v1", target="ab12")


def test_removing_and_listing() -> None:
    assert remove_command(a_config(), "web").line == "docker exec kamal-proxy kamal-proxy remove app-web"
    assert list_command().argv == ("kamal-proxy", "list")
