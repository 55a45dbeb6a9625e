"""Command lines of `docker create` and `docker run`, and of kamal-proxy."""

from pathlib import Path

import pytest

from backstaff.kamal.create import create_line
from backstaff.simulator.create_arguments import CommandLineError, parse_creation
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.proxy_options import ProxyRefusal, deploy_options, go_duration, parse, parse_duration
from backstaff.simulator.restarts import Backoff, RestartPolicy
from backstaff.simulator.wanted import Mount, Port
from tests.kamal.builders import a_config, a_role, run_script

HERE = Path("/")


def test_flags_are_read_in_every_spelling() -> None:
    words = ["-p", "8080:80", "-e", "A=1", "--env=B=2", "-dit", "--name=one", "-m64m", "image", "-x", "arg"]
    creation = parse_creation(words, HERE, command="run")

    assert creation.detached
    assert creation.wanted.name == "one"
    assert creation.wanted.env == {"A": "1", "B": "2"}
    assert creation.wanted.ports == (Port(80, 8080),)
    assert creation.wanted.memory == 64 * 1024 * 1024
    assert creation.wanted.tty
    assert (creation.wanted.image, creation.wanted.argv) == ("image", ("-x", "arg"))


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("80:80", Port(80, 80)),
        ("127.0.0.1:8080:80", Port(80, 8080, "127.0.0.1")),
        ("[::1]:443:8443/udp", Port(8443, 443, "::1", "udp")),
    ],
)
def test_published_ports(text: str, port: Port) -> None:
    assert parse_creation(["-p", text, "image"], HERE, command="create").wanted.ports == (port,)


def test_mounts_keep_their_options() -> None:
    words = ["-v", "/data:/inside:ro", "-v", "named:/inside", "image"]
    assert parse_creation(words, HERE, command="create").wanted.mounts == (
        Mount("/data", "/inside", "ro"),
        Mount("named", "/inside"),
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--restart", "sometimes", "image"], "invalid restart policy 'sometimes'"),
        (["--memory", "much", "image"], "invalid size: 'much'"),
        (["-z", "image"], "unknown shorthand flag: 'z' in -z"),
        (["--name"], "flag needs an argument: --name"),
        (["-v", "/data:inside", "image"], "invalid volume specification"),
    ],
)
def test_what_docker_refuses(words: list[str], said: str) -> None:
    with pytest.raises((CommandLineError, DockerRefusal), match=said):
        parse_creation(words, HERE, command="create")


def test_a_line_of_kamal_s_contract_gives_the_container_that_it_describes(tmp_path: Path) -> None:
    role = a_role("web", options={"memory": "1g", "cap-add": ("A", "B"), "init": True}, cmd="app worker")
    line = create_line(a_config(role), role, "h1", "v1", hostname="h1-0123")
    (tmp_path / ".kamal/apps/app/env/roles").mkdir(parents=True)
    (tmp_path / ".kamal/apps/app/env/roles/web.env").write_text("SECRET=s\n")
    script = f'docker() {{ printf "%s\\0" "$@"; }}\n{line}'
    words = run_script(("sh",), script, tmp_path).stdout.split("\0")[1:-1]
    wanted = parse_creation(words, tmp_path, command="create").wanted

    assert (wanted.name, wanted.hostname, wanted.network) == ("app-web-v1", "h1-0123", "kamal")
    assert wanted.labels == {"service": "app", "role": "web", "destination": ""}
    assert wanted.env["SECRET"] == "s"
    assert wanted.env["KAMAL_HOST"] == "h1"
    assert wanted.restart == RestartPolicy("unless-stopped")
    assert wanted.memory == 1 << 30
    assert (wanted.image, wanted.argv) == ("registry.test/me/app:v1", ("app", "worker"))


def test_options_of_a_proxy_deploy() -> None:
    words = ["app-web", "--target=abc:80", "--host=a", "--host", "b,c", "--tls", "--deploy-timeout=1m30s"]
    arguments = parse([*words, "--health-check-path=/healthz"])
    options = deploy_options(arguments)

    assert (arguments.service, arguments.items("target")) == ("app-web", ("abc:80",))
    assert (options.hosts, options.tls, options.deploy_timeout) == (("a", "b", "c"), True, 90.0)
    assert (options.path, options.drain_timeout) == ("/healthz", 30.0)


def test_the_proxy_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ProxyRefusal, match="unknown flag: --nothing"):
        parse(["--nothing", "x"])
    with pytest.raises(ProxyRefusal, match=r"accepts 1 arg\(s\), received 2"):
        _ = parse(["a", "b"]).service
    with pytest.raises(ProxyRefusal, match="invalid duration"):
        parse_duration("30")


@pytest.mark.parametrize("text", ["30s", "1m30s", "500ms", "1h0m1s"])
def test_durations_are_written_as_go_writes_them(text: str) -> None:
    assert go_duration(parse_duration(text)) == text


def test_restarts_come_later_and_later_until_a_container_was_steady() -> None:
    backoff = Backoff()
    waits = [backoff.after(0.1) for _ in range(12)]

    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert waits[-1] == 60.0
    assert backoff.after(11.0) == 0.1
