"""Connections that are begun before SSH is there: one login takes each, and none goes astray."""

import asyncio
import select
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstaff.config.models.settings import Timeouts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import HostUnreachable
from backstaff.hosts.dials import Dials
from backstaff.hosts.ssh_config import goes_straight
from tests.hosts.builders import RELAYED, a_connector, address, own_key
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
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def answer(self) -> socket.socket:
        connection, _ = await asyncio.get_running_loop().sock_accept(self.server)
        self.came.append(connection)
        return connection

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


async def test_a_name_that_is_not_found_is_looked_up_as_often_as_is_configured(
    server: ServerState, known_hosts: Path, dials: Dials, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = 0

    def fails(*_: object, flags: int = 0, **__: object) -> None:
        nonlocal looked_up
        looked_up += not flags & socket.AI_NUMERICHOST
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    connector = a_connector(server, known_hosts, sshkit=SshKit(dns_retries=1), dials=dials)
    dials.begin(["nowhere.test"], PLAIN, SshKit())

    with pytest.raises(HostUnreachable, match="could not be resolved"):
        await connector.connect("nowhere.test")

    assert looked_up == 2


async def hangs(*_: object) -> socket.socket:
    await asyncio.Event().wait()
    raise AssertionError


async def test_one_that_is_not_answered_is_given_up_with_the_login(
    server: ServerState, known_hosts: Path, dials: Dials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dials, "_dial", hangs)
    connector = a_connector(server, known_hosts, timeouts=Timeouts(connect=0.2), dials=dials)
    dials.begin([address(server)], own_key(server), SshKit())

    with pytest.raises(HostUnreachable, match="no answer"):
        await connector.connect(address(server))


async def test_the_ssh_configuration_may_bound_the_connection(
    server: ServerState, known_hosts: Path, dials: Dials, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Dials, "_dial", hangs)
    file = tmp_path / "config"
    file.write_text("ConnectTimeout 1\n")
    ssh = replace(own_key(server), config=(str(file),))
    connector = a_connector(server, known_hosts, ssh=ssh, timeouts=Timeouts(connect=600), dials=dials)
    dials.begin([address(server)], ssh, SshKit())

    async with asyncio.timeout(60):
        with pytest.raises(HostUnreachable):
            await connector.connect(address(server))


async def test_one_that_stands_is_hung_up_if_nobody_takes_it(dials: Dials, door: Door) -> None:
    dials.begin([door.address], PLAIN, SshKit())
    connection = await door.answer()
    await until(lambda: all(task.done() for task in dials._begun.values()))

    dials.close()

    await is_hung_up(connection)
    assert await dials.take("127.0.0.1", door.port) is None


async def test_one_that_stands_in_the_moment_of_a_cancellation_is_hung_up(
    dials: Dials, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, dial = asyncio.Event(), Dials._dial

    async def later(self: Dials, host: str, port: int) -> socket.socket:
        await go.wait()
        return await dial(self, host, port)

    monkeypatch.setattr(Dials, "_dial", later)
    dials.begin([door.address], PLAIN, SshKit())
    (dialling,) = dials._begun.values()
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(dials.take("127.0.0.1", door.port))
        # Called before what wakes the one that waits.
        dialling.add_done_callback(lambda _: taking.cancel())
        await asyncio.sleep(0)
        go.set()

    assert taking.cancelled()
    assert not dialling.cancelled()
    await is_hung_up(await door.answer())


async def is_hung_up(connection: socket.socket) -> None:
    async with asyncio.timeout(10):
        assert await asyncio.get_running_loop().sock_recv(connection, 1) == b""


async def test_one_that_the_other_side_has_ended_is_not_taken(dials: Dials, door: Door) -> None:
    dials.begin([door.address], PLAIN, SshKit())
    (await door.answer()).close()
    (dial,) = dials._begun.values()
    await until(dial.done)
    await until(lambda: bool(select.select([dial.result()], [], [], 0)[0]))

    assert await dials.take("127.0.0.1", door.port) is None
    assert dial.result().fileno() == -1


async def test_no_more_are_begun_than_logins_may_be(dials: Dials) -> None:
    doors = [Door() for _ in range(3)]
    try:
        dials.begin([each.address for each in doors], PLAIN, SshKit(max_concurrent_starts=2))

        taken = [await dials.take("127.0.0.1", each.port) for each in doors]

        assert [each is not None for each in taken] == [True, True, False]
        for connection in taken:
            if connection is not None:
                connection.close()
    finally:
        for each in doors:
            each.close()


@pytest.mark.parametrize(
    "ssh", [Ssh(proxy="gate.example", config=False), Ssh(proxy_command="nc %h %p", config=False)]
)
async def test_where_another_way_leads_there_none_is_begun(dials: Dials, door: Door, ssh: Ssh) -> None:
    dials.begin([door.address], ssh, SshKit())

    assert await dials.take("127.0.0.1", door.port) is None


async def test_a_login_that_goes_another_way_leaves_it_alone(
    server: ServerState, known_hosts: Path, dials: Dials
) -> None:
    through = replace(own_key(server), proxy_command=RELAYED)
    dials.begin([address(server)], own_key(server), SshKit())

    await (await a_connector(server, known_hosts, ssh=through, dials=dials).connect(address(server))).close()

    begun = await dials.take("127.0.0.1", server.port)
    assert begun is not None
    begun.close()


async def test_a_login_from_an_address_of_its_own_leaves_it_alone(
    server: ServerState, known_hosts: Path, dials: Dials, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text("BindAddress 127.0.0.2\n")
    bound = replace(own_key(server), config=(str(file),))
    dials.begin([address(server)], own_key(server), SshKit())

    await (await a_connector(server, known_hosts, ssh=bound, dials=dials).connect(address(server))).close()

    begun = await dials.take("127.0.0.1", server.port)
    assert begun is not None
    begun.close()


@pytest.mark.parametrize(
    ("text", "straight"),
    [
        ("", True),
        ("Host *\n  User ada\n  IdentityFile ~/.ssh/key\n  # Port 3\n", True),
        ("Host h2\n  HostName h2.example\n  Port 2222\n", True),
        ("ConnectTimeout 5\n", True),
        ("Host h1\n  HostName h1.example\n", False),
        ("Host *\n  Port 2222\n", False),
        ("Host h*\n  ProxyJump gate\n", False),
        ("Match all\n  User ada\n", False),
        ("proxycommand=nc %h %p\n", False),
        ("AddressFamily inet6\n", False),
        ("BindAddress 10.0.0.9\n", False),
        ("BindInterface eth1\n", False),
        ("CanonicalDomains example\n", False),
        ("CanonicalizeHostname yes\n", False),
        ("Host unix/* vsock/*\n  ProxyCommand proxy %h %p\n", True),
        ("Host *.internal\n  ProxyJump gate\nHost *\n  User ada\n", True),
        ("Host *.internal\n  User ada\nHost h1,h2\n  ProxyJump gate\n", False),
        ("Host *.internal\n  User ada\nHost=h1\n  ProxyJump gate\n", False),
        ("Host H?\n  Port 2222\n", False),
        ("Host\u00a0h9\n  Port 2222\n", False),
        ("Host h1\n  Include nowhere\n", False),
        ("Host h2\n  Include nowhere\n", True),
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


ELSEWHERE = st.sampled_from(
    ["AddressFamily inet6", "BindAddress 10.0.0.9", "CanonicalizeHostname yes", "Include {included}"]
)


@given(st.lists(st.one_of(HEADERS, SETTINGS, ELSEWHERE), max_size=12), st.sampled_from(NAMES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_asyncssh_goes_where_it_goes_straight_to(tmp_path: Path, lines: list[str], host: str) -> None:
    included = tmp_path / "included"
    included.write_text("Host h1\n  HostName elsewhere\nHost *.example\n  Port 7\n")
    file = tmp_path / "config"
    file.write_text("\n".join(lines).format(included=included))
    if goes_straight(host, [str(file)]):
        assert not OF_THE_WAY & options_of(host, [str(file)]).keys()


OF_THE_WAY = {
    *("AddressFamily", "BindAddress", "CanonicalizeHostname"),
    *("Hostname", "Port", "ProxyCommand", "ProxyJump"),
}
