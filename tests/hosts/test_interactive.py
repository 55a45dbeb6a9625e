"""The ssh command for what needs a terminal."""

import pytest

from backstaff.config.models.ssh import Ssh
from backstaff.hosts.interactive import interactive_ssh


@pytest.mark.parametrize(
    ("ssh", "options"),
    [
        (Ssh(), []),
        (Ssh(config=False), ["-F", "/dev/null"]),
        (Ssh(config=("a", "b")), ["-F", "a", "-F", "b"]),
        (Ssh(proxy="jump"), ["-J", "root@jump"]),
        (Ssh(proxy="me@jump"), ["-J", "me@jump"]),
        (Ssh(proxy_command="nc %h %p"), ["-o", "ProxyCommand=nc %h %p"]),
        (Ssh(keys=("k1", "k2"), keys_only=True), ["-i", "k1", "-i", "k2", "-o", "IdentitiesOnly=yes"]),
    ],
)
def test_settings_become_options(ssh: Ssh, options: list[str]) -> None:
    assert interactive_ssh("h1", ssh, "docker logs -f app") == [
        "ssh",
        *options,
        "-t",
        "root@h1",
        "-p",
        "22",
        "docker logs -f app",
    ]


def test_user_and_port_come_from_the_host_or_the_settings() -> None:
    ssh = Ssh(user="deploy", port=2222)

    assert interactive_ssh("h1", ssh, "ls")[-4:] == ["deploy@h1", "-p", "2222", "ls"]
    assert interactive_ssh("me@[::1]:22", ssh, "ls")[-4:] == ["me@::1", "-p", "22", "ls"]


def test_keys_that_were_written_to_files_replace_those_of_the_settings() -> None:
    command = interactive_ssh("h1", Ssh(keys=("k1",)), "ls", key_files=["/tmp/k"])

    assert command[1:3] == ["-i", "/tmp/k"]
