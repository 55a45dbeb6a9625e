"""What keeps logins cheap, and what must not change by it."""

from pathlib import Path

import pytest

from backstaff.config.models.ssh import Ssh
from tests.hosts.builders import a_connector, address
from tests.hosts.ssh_server import ServerState


async def cipher(server: ServerState, known_hosts: Path, ssh: Ssh | None = None) -> str:
    """What a connection is encrypted with."""
    host = await a_connector(server, known_hosts, ssh=ssh).connect(address(server))
    try:
        return str(server.connections[-1].get_extra_info("recv_cipher"))
    finally:
        await host.close()


async def test_the_cipher_that_takes_least_comes_first(server: ServerState, known_hosts: Path) -> None:
    assert await cipher(server, known_hosts) == "aes128-gcm@openssh.com"


async def test_ciphers_of_the_ssh_configuration_are_left_as_they_are(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(f"Ciphers aes256-ctr\nIdentityFile {server.client_key}\n")
    assert await cipher(server, known_hosts, Ssh(config=(str(config),))) == "aes256-ctr"


async def test_without_an_ssh_configuration_the_usual_one_is_not_read_either(
    server: ServerState, known_hosts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host *\n  HostName elsewhere.invalid\n  Ciphers aes256-ctr\n")
    ssh = Ssh(keys=(str(server.client_key),), keys_only=True, config=False)
    assert await cipher(server, known_hosts, ssh) == "aes128-gcm@openssh.com"


async def test_a_host_is_found_by_its_alias_among_hundreds(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    others = "".join(f"Host h{number}\n  HostName h{number}.invalid\n" for number in range(300))
    ours = f"Host web\n  HostName 127.0.0.1\n  Port {server.port}\n"
    config.write_text(f"{others}{ours}Host *\n  IdentityFile {server.client_key}\n")
    host = await a_connector(server, known_hosts, ssh=Ssh(config=(str(config),))).connect("web")
    try:
        assert (await host.run("echo reached")).stdout == "reached\n"
    finally:
        await host.close()
