import pytest

from backstaff.config.models import Proxy, ProxyRun
from backstaff.kamal.proxy_boot import start_line, too_old, version_of_image
from tests.kamal.builders import a_config, a_role

RUN = (
    "docker container start kamal-proxy || docker run --name kamal-proxy --network kamal --detach "
    "--restart unless-stopped --volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy "
    "--volume $PWD/.kamal/proxy/apps-config:/home/kamal-proxy/.apps-config "
)


def line_for(run: ProxyRun) -> str:
    return start_line(a_config(a_role("web", proxy=Proxy(run=run))), "h1")


def test_without_a_run_section_the_files_on_the_host_decide() -> None:
    assert start_line(a_config(), "h1") == (
        "docker container start kamal-proxy || echo "
        "$(cat .kamal/proxy/options 2> /dev/null || "
        'echo "--publish 80:80 --publish 443:443 --log-opt max-size=10m") '
        '$(cat .kamal/proxy/image 2> /dev/null || echo "basecamp/kamal-proxy"):'
        '$(cat .kamal/proxy/image_version 2> /dev/null || echo "v0.9.2") '
        '$(cat .kamal/proxy/run_command 2> /dev/null || echo "") | xargs docker run --name kamal-proxy '
        "--network kamal --detach --restart unless-stopped "
        "--volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy "
        "--volume $PWD/.kamal/proxy/apps-config:/home/kamal-proxy/.apps-config"
    )


def test_an_empty_run_section_publishes_the_usual_ports() -> None:
    assert line_for(ProxyRun()) == RUN + (
        "--publish 80:80 --publish 443:443 --log-opt max-size=10m basecamp/kamal-proxy:v0.9.2 kamal-proxy run"
    )


def test_a_full_run_section() -> None:
    run = ProxyRun(
        http_port=8080,
        https_port=8443,
        metrics_port=9090,
        debug=True,
        log_max_size="",
        bind_ips=("10.0.0.1", "::1"),
        registry="mirror.test",
        version="v0.9.3",
        options={"cpus": "1"},
    )
    assert line_for(run) == RUN + (
        "--publish 10.0.0.1:8080:80 --publish 10.0.0.1:8443:443 --publish [::1]:8080:80 "
        '--publish [::1]:8443:443 --expose=9090 --cpus "1" mirror.test/basecamp/kamal-proxy:v0.9.3 '
        'kamal-proxy run --debug --metrics-port "9090"'
    )


def test_ports_need_not_be_published() -> None:
    assert "--publish" not in line_for(ProxyRun(publish=False))


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("v0.9.2", False),
        ("0.9.2", False),
        ("v0.9.10", False),
        ("v1.0", False),
        ("v0.9.2.0", False),
        ("v0.9.1", True),
        ("v0.8.99", True),
        ("v0.9", True),
        ("v0.9.2-rc1", True),
        ("latest", False),
        ("", False),
    ],
)
def test_proxies_before_0_9_2_are_too_old(version: str, old: bool) -> None:
    assert too_old(version) is old


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("basecamp/kamal-proxy:v0.9.2", "v0.9.2"),
        ("registry.test:5000/kamal-proxy", ""),
        ("registry.test:5000/kamal-proxy:v1", "v1"),
        ("kamal-proxy", ""),
    ],
)
def test_version_is_the_tag_of_the_image(image: str, version: str) -> None:
    assert version_of_image(image) == version
