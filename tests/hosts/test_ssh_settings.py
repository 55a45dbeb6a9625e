"""deploy.yml's ssh section as settings of a login."""

from pathlib import Path

import pytest

from backstaff.config.models.settings import Timeouts
from backstaff.config.models.ssh import Ssh
from backstaff.hosts.proxy_command import expand
from backstaff.hosts.ssh_settings import Target, config_files, key_options, login_options, target_of

TARGET = Target("h", "h", "root")


@pytest.mark.parametrize(
    ("name", "ssh", "expected"),
    [
        ("h", Ssh(), Target("h", "h", "root", None)),
        ("h", Ssh(user="deploy", port=2222), Target("h", "h", "deploy", 2222)),
        ("me@h:23", Ssh(user="deploy", port=2222), Target("me@h:23", "h", "me", 23)),
        ("[::1]:23", Ssh(), Target("[::1]:23", "::1", "root", 23)),
        ("2001:db8::1", Ssh(), Target("2001:db8::1", "2001:db8::1", "root", None)),
    ],
)
def test_the_host_string_wins_over_the_section(name: str, ssh: Ssh, expected: Target) -> None:
    assert target_of(name, ssh) == expected


def test_silence_is_noticed_within_its_limit() -> None:
    options = login_options(TARGET, Ssh(), Timeouts(silence=20))

    assert (options["keepalive_interval"], options["keepalive_count_max"]) == (5, 3)


def test_a_port_is_only_set_where_deploy_yml_says_so() -> None:
    assert "port" not in login_options(TARGET, Ssh(), Timeouts())
    assert login_options(Target("h", "h", port=2222), Ssh(), Timeouts())["port"] == 2222


def test_an_agent_is_forwarded_to_the_host_but_not_to_a_jump_host() -> None:
    ssh = Ssh(forward_agent=True)

    assert login_options(TARGET, ssh, Timeouts())["agent_forwarding"] is True
    assert "agent_forwarding" not in login_options(Target("j", "j", jump=True), ssh, Timeouts())


def test_configuration_files_that_can_not_be_read_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "config").touch()

    assert config_files(False) == []
    assert config_files((str(tmp_path / "config"), str(tmp_path / "none"))) == [str(tmp_path / "config")]


def test_without_keys_of_our_own_everything_is_left_to_ssh() -> None:
    assert key_options(TARGET, Ssh(), [], agent=True) == {}
    assert key_options(TARGET, Ssh(keys=("/no/such/key",)), [], agent=True) == {}


def test_keys_only_takes_from_the_agent_what_has_a_public_key_file(tmp_path: Path) -> None:
    for name in ("one", "one.pub", "two"):
        (tmp_path / name).touch()
    both = Ssh(keys=(str(tmp_path / "one"), str(tmp_path / "two")), keys_only=True)
    second = Ssh(keys=(str(tmp_path / "two"),), keys_only=True)

    assert key_options(TARGET, both, [], agent=True)["agent_identities"] == [str(tmp_path / "one.pub")]
    assert key_options(TARGET, second, [], agent=True)["agent_path"] is None


def test_tokens_of_a_proxy_command_are_replaced() -> None:
    assert expand("nc %h %p -l %r 100%% %x", host="h", port=22, user="me") == "nc h 22 -l me 100% %x"
