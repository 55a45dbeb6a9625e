"""What a server is asked in a login: no more than it takes."""

from collections.abc import Sequence
from pathlib import Path

import asyncssh
import asyncssh.auth
import pytest
from asyncssh.packet import SSHPacket

from backstaff.config.models.ssh import Ssh
from backstaff.errors import LoginRefused
from tests.hosts.builders import a_connector, address, own_key
from tests.hosts.ssh_server import ServerState

ASKED, PROVED = "publickey, asked", "publickey, proved"


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


def a_stranger(directory: Path, name: str = "stranger") -> str:
    """The file of a key that no server knows."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(str(directory / name))
    return str(directory / name)


async def log_in(server: ServerState, known_hosts: Path, keys: Sequence[str]) -> None:
    ssh = Ssh(keys=tuple(keys), keys_only=True, config=False)
    host = await a_connector(server, known_hosts, ssh=ssh).connect(address(server))
    await host.close()


async def test_the_only_key_is_proved_at_once(
    server: ServerState, known_hosts: Path, requests: list[str]
) -> None:
    await log_in(server, known_hosts, [str(server.client_key)])
    assert requests == [PROVED]


async def test_with_several_keys_the_server_is_asked_before_one_signs(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    await log_in(server, known_hosts, [str(server.client_key), a_stranger(tmp_path)])
    assert requests == [ASKED, PROVED]


async def test_the_last_of_several_keys_is_proved_at_once(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    await log_in(server, known_hosts, [a_stranger(tmp_path), str(server.client_key)])
    assert requests == [ASKED, PROVED]


async def test_who_has_no_key_that_fits_is_refused_after_all_ways_were_tried_once(
    server: ServerState, known_hosts: Path, requests: list[str], tmp_path: Path
) -> None:
    with pytest.raises(LoginRefused):
        await log_in(server, known_hosts, [a_stranger(tmp_path, "one"), a_stranger(tmp_path, "two")])
    assert requests == [ASKED, PROVED, "none"]


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


async def test_an_asyncssh_with_other_insides_logs_in_as_it_always_has(
    server: ServerState, known_hosts: Path, requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstaff.hosts.ssh_auth._INSIDES", ("_not_there",))
    host = await a_connector(server, known_hosts, ssh=own_key(server)).connect(address(server))
    await host.close()
    assert requests == ["none", ASKED, PROVED]
