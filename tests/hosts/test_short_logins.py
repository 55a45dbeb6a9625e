"""What a server is asked in a login: no more than it takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncssh
import asyncssh.auth
import pytest
from asyncssh.constants import MSG_SERVICE_REQUEST
from asyncssh.packet import SSHPacket
from asyncssh.public_key import SSHLocalKeyPair

from backstaff.config.models.ssh import Ssh
from backstaff.errors import HostKeyRefused, LoginRefused
from backstaff.hosts.ssh_link import LinkObserver
from tests.hosts.builders import a_connector, address
from tests.hosts.ssh_server import ServerState

ASKED, PROVED = "publickey, asked", "publickey, proved"


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whether clients of this process are first allowed to log in, or first do it."""
    seen: list[str] = []
    begin, send = LinkObserver.begin_auth, asyncssh.SSHClientConnection.send_userauth_packet

    def allowed(observer: LinkObserver, username: str) -> None:
        seen.append("allowed")
        begin(observer, username)

    def asked(connection: asyncssh.SSHClientConnection, kind: int, *words: bytes, **more: Any) -> None:
        seen.append("asked")
        send(connection, kind, *words, **more)

    monkeypatch.setattr(LinkObserver, "begin_auth", allowed)
    monkeypatch.setattr(asyncssh.SSHClientConnection, "send_userauth_packet", asked)
    return seen


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What servers of this process are asked from now on, in the order in which it comes."""
    seen: list[str] = []
    look_up = asyncssh.auth.lookup_server_auth

    def noted(
        connection: asyncssh.SSHServerConnection, user: str, method: bytes, packet: SSHPacket
    ) -> asyncssh.auth.ServerAuth | None:
        proved = packet.get_remaining_payload()[:1] == b"\1"
        name = method.decode()
        seen.append(f"{name}, {'proved' if proved else 'asked'}" if name == "publickey" else name)
        return look_up(connection, user, method, packet)

    monkeypatch.setattr("asyncssh.connection.lookup_server_auth", noted)
    return seen


def a_stranger(directory: Path, name: str = "stranger", kind: str = "ssh-ed25519") -> str:
    """The file of a key that no server knows."""
    key = asyncssh.generate_private_key(kind)
    key.write_private_key(str(directory / name))
    return str(directory / name)


async def log_in(
    server: ServerState, known_hosts: Path, keys: Sequence[str] = (), *, config: str = ""
) -> None:
    """With these keys alone, or as an ssh configuration says."""
    ssh = Ssh(keys=tuple(keys), keys_only=True, config=False) if keys else Ssh(config=(config,))
    host = await a_connector(server, known_hosts, ssh=ssh).connect(address(server))
    await host.close()


def a_config(directory: Path, server: ServerState, *lines: str) -> str:
    """The file of an ssh configuration with the server's key."""
    file = directory / "config"
    file.write_text("\n".join([f"IdentityFile {server.client_key}", *lines, ""]))
    return str(file)


async def test_a_single_key_is_proved_at_once(
    server: ServerState, known_hosts: Path, requests: list[str]
) -> None:
    await log_in(server, known_hosts, [str(server.client_key)])
    assert requests == [PROVED]


async def test_a_single_key_of_the_ssh_configuration_too(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    await log_in(server, known_hosts, config=a_config(tmp_path, server))
    assert requests == [PROVED]


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_the_proof_does_not_wait_until_it_is_allowed(
    server: ServerState, known_hosts: Path, order: list[str], tmp_path: Path, kind: str
) -> None:
    with pytest.raises(LoginRefused):
        await log_in(server, known_hosts, [a_stranger(tmp_path, kind=kind)])
    assert order[:2] == ["asked", "allowed"]


async def test_a_key_that_is_let_in_is_proved_once(
    server: ServerState, known_hosts: Path, order: list[str]
) -> None:
    await log_in(server, known_hosts, [str(server.client_key)])
    assert order == ["asked", "allowed"]


async def test_a_key_of_which_the_server_has_to_tell_how_it_may_sign_waits(
    server: ServerState, known_hosts: Path, order: list[str], tmp_path: Path
) -> None:
    with pytest.raises(LoginRefused):
        await log_in(server, known_hosts, [a_stranger(tmp_path, kind="ssh-rsa")])
    assert order[:2] == ["allowed", "asked"]


@pytest.mark.parametrize("says_why", [True, False])
async def test_a_server_that_ends_what_comes_too_early_is_asked_as_always(
    server: ServerState,
    known_hosts: Path,
    order: list[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    says_why: bool,
) -> None:
    handlers = asyncssh.SSHServerConnection._packet_handlers
    accept = handlers[MSG_SERVICE_REQUEST]

    def refuse_the_first(connection: asyncssh.SSHServerConnection, *packet: Any) -> None:
        if len(server.connections) > 1:
            accept(connection, *packet)
        elif says_why:
            connection.disconnect(asyncssh.DISC_PROTOCOL_ERROR, "one after the other")
        else:
            connection.abort()

    monkeypatch.setitem(handlers, MSG_SERVICE_REQUEST, refuse_the_first)
    await log_in(server, known_hosts, [str(server.client_key)])
    assert order == ["asked", "allowed", "asked", "asked", "asked"]


async def test_a_server_with_another_key_gets_no_proof(
    server: ServerState, known_hosts: Path, order: list[str], tmp_path: Path
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()
    known_hosts.write_text(f"[127.0.0.1]:{server.port} {other[0]} {other[1]}\n")
    with pytest.raises(HostKeyRefused):
        await log_in(server, known_hosts, [str(server.client_key)])
    assert order == []


async def test_with_several_keys_the_server_is_asked_before_one_signs(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    await log_in(server, known_hosts, [a_stranger(tmp_path), str(server.client_key)])
    assert requests == ["none", ASKED, ASKED, PROVED]


async def test_the_keys_of_an_agent_are_asked_about_before_they_sign(
    server: ServerState,
    known_hosts: Path,
    requests: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nobody-listens"))
    await log_in(server, known_hosts, config=a_config(tmp_path, server))
    assert requests == ["none", ASKED, PROVED]


async def test_an_order_of_ways_in_the_ssh_configuration_is_kept_to(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    config = a_config(tmp_path, server, "PreferredAuthentications password")
    with pytest.raises(LoginRefused):
        await log_in(server, known_hosts, config=config)
    assert requests == ["none"]


async def test_keys_that_the_ssh_configuration_forbids_are_not_shown(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    with pytest.raises(LoginRefused):
        await log_in(server, known_hosts, config=a_config(tmp_path, server, "PubkeyAuthentication no"))
    assert set(requests) == {"none"}


async def test_a_key_that_is_refused_is_tried_again_as_always(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    with pytest.raises(LoginRefused) as failure:
        await log_in(server, known_hosts, [a_stranger(tmp_path)])
    assert requests == [PROVED, "none", ASKED]
    assert any("key file" in line for line in failure.value.evidence)


async def test_a_server_that_asks_for_no_key_lets_in_without_one(
    server: ServerState,
    known_hosts: Path,
    requests: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class LetsEverybodyIn(asyncssh.auth.ServerAuth):
        @classmethod
        def supported(cls, conn: asyncssh.SSHServerConnection) -> bool:
            return True

        async def _start(self, packet: SSHPacket) -> None:
            packet.check_end()
            await self.send_success()

    monkeypatch.setitem(asyncssh.auth._server_auth_handlers, b"none", LetsEverybodyIn)
    await log_in(server, known_hosts, [a_stranger(tmp_path)])
    assert requests == [PROVED, "none"]


async def test_a_key_that_can_not_sign_is_a_refused_login(
    server: ServerState, known_hosts: Path, requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = SSHLocalKeyPair.sign

    def only_for_the_host(key: SSHLocalKeyPair, data: bytes) -> bytes:
        if b"ssh-connection" in data:
            raise ValueError("Unable to sign with requested key")
        return sign(key, data)

    monkeypatch.setattr(SSHLocalKeyPair, "sign", only_for_the_host)
    with pytest.raises(LoginRefused):
        await log_in(server, known_hosts, [str(server.client_key)])
    assert requests == ["none", ASKED]


async def test_an_asyncssh_with_other_insides_logs_in_as_it_always_has(
    server: ServerState, known_hosts: Path, requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asyncssh.__version__", "2.99.0")
    await log_in(server, known_hosts, [str(server.client_key)])
    assert requests == ["none", ASKED, PROVED]
