"""The command that opens a shell; what OpenSSH makes of it, it says itself (`ssh -G`)."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstaff.cli.ssh_shell import SshShell
from backstaff.config.models.ssh import Ssh
from backstaff.errors import BackstaffError

needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no OpenSSH client here")


@pytest.fixture(autouse=True)
def _ssh_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstaff.cli.ssh_shell.shutil.which", lambda _: "/usr/bin/ssh")


@pytest.fixture
def shells() -> Iterator[list[SshShell]]:
    made: list[SshShell] = []
    yield made
    for shell in made:
        shell.close()


def understood(words: list[str]) -> dict[str, list[str]]:
    """What OpenSSH would do."""
    at = words.index("--")
    done = subprocess.run(
        ["/usr/bin/ssh", "-G", *words[2:at], "--", words[at + 1]], capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        keyword, _, value = line.partition(" ")
        found.setdefault(keyword, []).append(value)
    return found


def test_a_host_without_settings_is_reached_as_openssh_reaches_it() -> None:
    assert SshShell(Ssh(), []).command("h1") == ["ssh", "-t", "-l", "root", "--", "h1"]


def test_a_container_gets_bash_or_else_sh() -> None:
    words = SshShell(Ssh(), []).command("h1", "app-web-v2")
    assert words[-1] == (
        "docker exec -it app-web-v2 sh -c 'command -v bash >/dev/null && exec bash || exec sh'"
    )


@pytest.mark.parametrize(
    ("host", "login"),
    [
        ("deploy@h1", ["-l", "deploy", "-p", "2200", "--", "h1"]),
        ("h1:2222", ["-l", "app", "-p", "2222", "--", "h1"]),
        ("[fe80::1]:23", ["-l", "app", "-p", "23", "--", "fe80::1"]),
        ("h1", ["-l", "app", "-p", "2200", "--", "h1"]),
    ],
)
def test_user_and_port_are_those_of_deploy_yml(host: str, login: list[str]) -> None:
    assert SshShell(Ssh(user="app", port=2200), []).command(host)[2:] == login


def test_jump_hosts_are_root_s_unless_they_say_otherwise() -> None:
    words = SshShell(Ssh(proxy="jump1,me@jump2:2222"), []).command("h1")
    assert words[words.index("-J") + 1] == "root@jump1,me@jump2:2222"


def test_a_jump_host_itself_is_reached_directly() -> None:
    assert "-J" not in SshShell(Ssh(proxy="me@h1"), []).command("h1")


def test_a_proxy_command_is_passed_on() -> None:
    words = SshShell(Ssh(proxy_command="nc %h %p"), []).command("h1")
    assert "ProxyCommand=nc %h %p" in words


@needs_ssh
def test_keys_and_configuration_files_of_deploy_yml_count(tmp_path: Path, shells: list[SshShell]) -> None:
    key, first, second = tmp_path / "my key", tmp_path / "first", tmp_path / "second"
    key.write_text("key")
    first.write_text("Host h1\n  Port 2201\n")
    second.write_text("Host *\n  Port 2202\n  ConnectTimeout 7\n")
    ssh = Ssh(keys=(str(key),), keys_only=True, config=(str(first), str(second)), forward_agent=True)
    shells.append(SshShell(ssh, ["-----BEGIN KEY-----\nsecret\n-----END KEY-----"]))
    words = shells[0].command("h1")
    told = understood(words)
    assert told["port"] == ["2201"]
    assert told["connecttimeout"] == ["7"]
    assert told["identitiesonly"] == ["yes"]
    assert told["forwardagent"] == ["yes"]
    assert told["identityfile"][0] == str(key)
    written = Path(told["identityfile"][1])
    assert written.read_text() == "-----BEGIN KEY-----\nsecret\n-----END KEY-----\n"
    assert written.stat().st_mode & 0o777 == 0o600
    assert not any("secret" in word for word in words)
    shells[0].close()
    assert not written.parent.exists()


@needs_ssh
def test_no_configuration_means_none(tmp_path: Path, shells: list[SshShell]) -> None:
    shells.append(SshShell(Ssh(config=False), []))
    assert understood(shells[0].command("h1"))["port"] == ["22"]


def test_without_openssh_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstaff.cli.ssh_shell.shutil.which", lambda _: None)
    with pytest.raises(BackstaffError, match="there is no `ssh`"):
        SshShell(Ssh(), []).command("h1")
