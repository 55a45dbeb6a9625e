"""Connections that are begun before SSH is there: one login takes each, and none goes astray."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import HostUnreachable
from backstaff.hosts.dials import Dials
from backstaff.hosts.ssh_config import goes_straight
from tests.hosts.builders import a_connector, address, own_key
from tests.hosts.ssh_server import ServerSettings, ServerState, until
from tests.hosts.test_ssh_config import HEADERS, NAMES, SETTINGS, options_of

PLAIN = Ssh(config=False)


@pytest.fixture
async def dials() -> AsyncIterator[Dials]:
    dials = Dials()
    yield dials
    dials.close()


class Door:
    """Takes connections on this machine and says nothing."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.came: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.getsockname()[1]}"

    async def answer(self) -> socket.socket:
        connection, _ = await asyncio.get_running_loop().sock_accept(self.server)
        self.came.append(connection)
        return connection

    def is_knocked_at(self) -> bool:
        with suppress(BlockingIOError):
            self.came.append(self.server.accept()[0])
            return True
        return False

    def close(self) -> None:
        for each in (self.server, *self.came):
            each.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


async def test_a_login_takes_the_connection_that_was_begun(
    server: ServerState, known_hosts: Path, dials: Dials
) -> None:
    connector = a_connector(server, known_hosts, dials=dials)
    dials.begin([address(server)], own_key(server), SshKit())
    await until(lambda: len(server.connections) == 1)

    host = await connector.connect(address(server))
    said = (await host.run("echo reached")).stdout
    await host.close()

    assert said == "reached\n"
    assert len(server.connections) == 1


async def test_each_is_for_one_login(server: ServerState, known_hosts: Path, dials: Dials) -> None:
    connector = a_connector(server, known_hosts, dials=dials)
    dials.begin([address(server)], own_key(server), SshKit())

    for _ in range(2):
        await (await connector.connect(address(server))).close()

    assert len(server.connections) == 2


async def test_one_that_was_dropped_meanwhile_is_made_anew(
    server: ServerState, settings: ServerSettings, known_hosts: Path, dials: Dials
) -> None:
    settings.drop_first = 1
    connector = a_connector(server, known_hosts, dials=dials)
    dials.begin([address(server)], own_key(server), SshKit())
    await until(lambda: len(server.connections) == 1)

    await (await connector.connect(address(server))).close()

    assert len(server.connections) == 2


async def test_one_that_fails_is_told_by_the_login(
    server: ServerState, known_hosts: Path, dials: Dials, door: Door
) -> None:
    nobody = door.address
    door.close()
    connector = a_connector(server, known_hosts, dials=dials)
    dials.begin([nobody], PLAIN, SshKit())

    with pytest.raises(HostUnreachable, match="refuses connections"):
        await connector.connect(nobody)


async def test_what_nobody_takes_is_hung_up(dials: Dials, door: Door) -> None:
    dials.begin([door.address], PLAIN, SshKit())
    connection = await door.answer()

    dials.close()

    async with asyncio.timeout(10):
        assert await asyncio.get_running_loop().sock_recv(connection, 1) == b""
    assert await dials.take("127.0.0.1", door.server.getsockname()[1]) is None


async def test_no_more_are_begun_than_logins_may_be(dials: Dials) -> None:
    doors = [Door() for _ in range(3)]
    try:
        dials.begin([each.address for each in doors], PLAIN, SshKit(max_concurrent_starts=2))
        await asyncio.wait_for(doors[0].answer(), 10)
        await asyncio.wait_for(doors[1].answer(), 10)

        assert not doors[2].is_knocked_at()
    finally:
        for each in doors:
            each.close()


@pytest.mark.parametrize(
    "ssh", [Ssh(proxy="gate.example", config=False), Ssh(proxy_command="nc %h %p", config=False)]
)
async def test_where_another_way_leads_there_none_is_begun(dials: Dials, door: Door, ssh: Ssh) -> None:
    dials.begin([door.address], ssh, SshKit())

    assert await dials.take("127.0.0.1", door.server.getsockname()[1]) is None


@pytest.mark.parametrize(
    ("text", "straight"),
    [
        ("", True),
        ("Host *\n  User ada\n  IdentityFile ~/.ssh/key\n  # Port 3\n", True),
        ("Host h2\n  HostName h2.example\n  Port 2222\n", True),
        ("Host h1\n  HostName h1.example\n", False),
        ("Host *\n  Port 2222\n", False),
        ("Host h*\n  ProxyJump gate\n", False),
        ("Match all\n  User ada\n", False),
        ("proxycommand=nc %h %p\n", False),
        ("AddressFamily inet6\n", False),
        ('"Host" h1\n', False),
    ],
)
def test_the_ssh_configuration_may_lead_elsewhere(tmp_path: Path, text: str, straight: bool) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    including = tmp_path / "including"
    including.write_text(f"Include {file}\n")

    assert goes_straight("h1", [str(file)]) is straight
    assert goes_straight("h1", [str(including)]) is straight


def test_a_configuration_that_can_not_be_read_may_lead_anywhere(tmp_path: Path) -> None:
    assert not goes_straight("h1", [str(tmp_path / "none")])


@given(st.lists(st.one_of(HEADERS, SETTINGS), max_size=25), st.sampled_from(NAMES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_asyncssh_goes_where_it_goes_straight_to(tmp_path: Path, lines: list[str], host: str) -> None:
    file = tmp_path / "config"
    file.write_text("\n".join(lines))
    if goes_straight(host, [str(file)]):
        assert not {"Hostname", "Port", "ProxyCommand", "ProxyJump"} & options_of(host, [str(file)]).keys()
