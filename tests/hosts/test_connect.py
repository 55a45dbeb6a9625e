"""Logging in: keys, host keys, ssh configuration, jump hosts, and every way in which it can fail."""

import asyncio
import socket
from pathlib import Path

import asyncssh
import pytest

from backstaff.clock import LoopClock, Seconds
from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import HostKeyRefused, HostUnreachable, LoginRefused
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.local import run_local
from tests.hosts.builders import a_connector, address, own_key
from tests.hosts.ssh_server import ServerSettings, ServerState, ssh_server


class ImpatientClock(LoopClock):
    """Does not sleep between tries, and remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[Seconds] = []

    async def sleep(self, duration: Seconds) -> None:
        self.slept.append(duration)
        await asyncio.sleep(0)


async def connects(connector: SshConnector, name: str) -> str:
    host = await connector.connect(name)
    result = await host.run("echo reached")
    await host.close()
    return result.stdout


async def test_an_unknown_key_is_accepted_and_written_down(server: ServerState, known_hosts: Path) -> None:
    assert await connects(a_connector(server, known_hosts), address(server)) == "reached\n"
    assert known_hosts.read_text() == server.known_line()


async def test_an_unknown_key_is_refused_with_its_fingerprint(server: ServerState, known_hosts: Path) -> None:
    connector = a_connector(server, known_hosts, policy=UnknownHosts.REFUSE)

    with pytest.raises(HostKeyRefused, match="unknown") as failure:
        await connector.connect(address(server))

    assert server.host_keys[0].get_fingerprint() in failure.value.what
    assert "ssh-keyscan" in failure.value.fix
    assert failure.value.where == address(server)
    assert not known_hosts.exists()


async def test_a_known_key_passes_the_strict_policy(server: ServerState, known_hosts: Path) -> None:
    known_hosts.write_text(server.known_line())
    connector = a_connector(server, known_hosts, policy=UnknownHosts.REFUSE)

    assert await connects(connector, address(server)) == "reached\n"


async def test_a_changed_key_is_refused_with_both_fingerprints(
    server: ServerState, known_hosts: Path
) -> None:
    old = asyncssh.generate_private_key("ssh-ed25519")
    known_hosts.write_text(f"# a comment\n[127.0.0.1]:{server.port} {old.export_public_key().decode()}")

    with pytest.raises(HostKeyRefused, match="changed") as failure:
        await a_connector(server, known_hosts).connect(address(server))

    assert f"{known_hosts}:2" in failure.value.what
    assert server.host_keys[0].get_fingerprint() in failure.value.what
    assert old.get_fingerprint() in failure.value.what
    assert f"ssh-keygen -R '[127.0.0.1]:{server.port}' -f {known_hosts}" in failure.value.fix


async def test_a_revoked_key_is_refused(server: ServerState, known_hosts: Path) -> None:
    known_hosts.write_text(f"@revoked {server.known_line()}")

    with pytest.raises(HostKeyRefused, match=r"revoked|verified"):
        await a_connector(server, known_hosts).connect(address(server))


async def test_a_host_known_by_one_type_of_key_is_asked_for_that_type(
    settings: ServerSettings, known_hosts: Path
) -> None:
    settings.host_key_types = ("ssh-ed25519", "ecdsa-sha2-nistp256")
    async with ssh_server(settings) as server:
        known_hosts.write_text(server.known_line(1))

        assert await connects(a_connector(server, known_hosts), address(server)) == "reached\n"
        assert known_hosts.read_text() == server.known_line(1)


async def test_a_known_host_that_has_only_keys_of_another_type_has_changed(
    server: ServerState, known_hosts: Path
) -> None:
    old = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    known_hosts.write_text(f"[127.0.0.1]:{server.port} {old.export_public_key().decode()}")

    with pytest.raises(HostKeyRefused, match="changed") as failure:
        await a_connector(server, known_hosts).connect(address(server))

    assert server.host_keys[0].get_fingerprint() in failure.value.what


@pytest.mark.parametrize("answer", [True, False])
async def test_somebody_who_can_be_asked_decides_about_an_unknown_key(
    server: ServerState, known_hosts: Path, answer: bool
) -> None:
    asked: list[tuple[str, str, str]] = []

    async def ask(host: str, fingerprint: str, written_to: str) -> bool:
        asked.append((host, fingerprint, written_to))
        return answer

    connector = a_connector(server, known_hosts, policy=UnknownHosts.REFUSE, ask=ask)
    if answer:
        assert await connects(connector, address(server)) == "reached\n"
    else:
        with pytest.raises(HostKeyRefused):
            await connector.connect(address(server))

    assert asked == [(address(server), server.host_keys[0].get_fingerprint(), str(known_hosts))]
    assert known_hosts.exists() is answer


async def test_who_is_asked_is_told_the_file_of_the_ssh_configuration_below_home(
    server: ServerState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / "config"
    config.write_text("UserKnownHostsFile ~/shop_hosts ~/other_hosts\n")
    asked: list[str] = []

    async def ask(_host: str, _fingerprint: str, written_to: str) -> bool:
        asked.append(written_to)
        return True

    ssh = Ssh(keys=(str(server.client_key),), keys_only=True, config=(str(config),))
    host = await a_connector(server, None, ssh=ssh, ask=ask).connect(address(server))
    await host.close()
    assert asked == ["~/shop_hosts"]
    assert (tmp_path / "shop_hosts").read_text() == server.known_line()


async def test_a_known_hosts_file_that_can_not_be_written_is_told(
    server: ServerState, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(HostUnreachable, match="could not be written"):
        await a_connector(server, tmp_path / "file" / "known_hosts").connect(address(server))


async def test_a_refused_login_names_the_keys_that_were_tried(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519", comment="stranger")
    stranger.write_private_key(str(tmp_path / "key"))
    ssh = Ssh(keys=(str(tmp_path / "key"), "/no/such/key"), keys_only=True, config=False)

    with pytest.raises(LoginRefused, match="root") as failure:
        await a_connector(server, known_hosts, ssh=ssh).connect(address(server))

    assert any(stranger.get_fingerprint() in line for line in failure.value.evidence)
    assert "tried /no/such/key, which does not exist" in failure.value.evidence


async def test_only_listed_keys_with_none_of_them_there_is_a_refused_login(
    server: ServerState, known_hosts: Path
) -> None:
    ssh = Ssh(keys=("/no/such/key",), keys_only=True, config=False)

    with pytest.raises(LoginRefused, match=r"none of ssh\.keys exists"):
        await a_connector(server, known_hosts, ssh=ssh).connect(address(server))


async def test_a_key_that_came_as_text_logs_in(server: ServerState, known_hosts: Path) -> None:
    connector = a_connector(
        server, known_hosts, ssh=Ssh(config=False), key_data=[server.client_key.read_text()]
    )

    assert await connects(connector, address(server)) == "reached\n"


async def test_a_key_text_that_is_no_key_does_not_show_itself(server: ServerState, known_hosts: Path) -> None:
    connector = a_connector(server, known_hosts, ssh=Ssh(config=False), key_data=["swordfish"])

    with pytest.raises(HostUnreachable, match="ssh settings") as failure:
        await connector.connect(address(server))

    assert "swordfish" not in str(failure.value)


async def test_the_ssh_configuration_gives_address_port_and_key(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "Host web\n  HostName 127.0.0.1\n  User nobody\n"
        f"  Port {server.port}\n  IdentityFile {server.client_key}\n"
    )
    connector = a_connector(server, known_hosts, ssh=Ssh(config=(str(config),), user="deploy"))

    host = await connector.connect("web")
    users = [connection.get_extra_info("username") for connection in server.connections]
    await host.close()

    assert (host.name, users) == ("web", ["deploy"])


async def test_a_broken_ssh_configuration_is_told_with_its_line(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  Port many\n")

    with pytest.raises(HostUnreachable, match=f"{config} line 2"):
        await a_connector(server, known_hosts, ssh=Ssh(config=(str(config),))).connect("web")


async def test_a_user_in_the_host_string_wins(server: ServerState, known_hosts: Path) -> None:
    host = await a_connector(server, known_hosts).connect(f"deploy@{address(server)}")
    users = [connection.get_extra_info("username") for connection in server.connections]
    await host.close()

    assert users == ["deploy"]


@pytest.mark.parametrize("name", ["host name", "host:99999", ""])
async def test_a_host_that_is_no_host_is_told(server: ServerState, known_hosts: Path, name: str) -> None:
    with pytest.raises(HostUnreachable, match=r"is not a host|port outside"):
        await a_connector(server, known_hosts).connect(name)


async def test_a_port_where_nobody_listens_refuses(server: ServerState, known_hosts: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(HostUnreachable, match=f"127.0.0.1 port {port} refuses connections") as failure:
        await a_connector(server, known_hosts).connect(f"127.0.0.1:{port}")

    assert "behind the host in deploy.yml" in failure.value.fix


async def test_a_server_that_never_says_anything_is_given_up_on(
    server: ServerState, known_hosts: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connector = a_connector(server, known_hosts, timeouts=Timeouts(connect=0.3))

        with pytest.raises(HostUnreachable, match=r"login took longer than 0\.3 s"):
            await connector.connect(f"127.0.0.1:{silent.getsockname()[1]}")


async def test_what_is_no_ssh_server_is_told(server: ServerState, known_hosts: Path) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n" * 2000)
        await writer.drain()
        writer.close()

    web = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with web:
        with pytest.raises(HostUnreachable, match="login"):
            await a_connector(server, known_hosts, timeouts=Timeouts(connect=5)).connect(
                f"127.0.0.1:{web.sockets[0].getsockname()[1]}"
            )


async def test_a_name_is_looked_up_again_as_often_as_configured(known_hosts: Path) -> None:
    clock = ImpatientClock()
    connector = SshConnector(Ssh(config=False), SshKit(dns_retries=2), known_hosts=known_hosts, clock=clock)

    with pytest.raises(HostUnreachable, match="name no-such-host could not be resolved"):
        await connector.connect("no-such-host")

    assert len(clock.slept) == 2
    assert all(0 < pause <= 2.1 for pause in clock.slept)


async def test_a_server_that_drops_too_many_starts_is_tried_again(
    settings: ServerSettings, known_hosts: Path
) -> None:
    settings.drop_first = 3
    async with ssh_server(settings) as server:
        clock = ImpatientClock()
        connector = SshConnector(own_key(server), SshKit(), known_hosts=known_hosts, clock=clock)

        assert await connects(connector, address(server)) == "reached\n"
        assert len(clock.slept) == 3


async def test_a_server_that_always_drops_is_given_up_on(settings: ServerSettings, known_hosts: Path) -> None:
    settings.drop_first = 1000
    async with ssh_server(settings) as server:
        connector = SshConnector(own_key(server), SshKit(), known_hosts=known_hosts, clock=ImpatientClock())

        with pytest.raises(HostUnreachable, match="closed the connection") as failure:
            await connector.connect(address(server))

    assert "MaxStartups" in failure.value.fix


async def test_a_jump_host_is_shared_and_closed_with_the_last_host_behind_it(
    settings: ServerSettings, known_hosts: Path, tmp_path: Path
) -> None:
    jump_home = tmp_path / "jump"
    jump_home.mkdir()
    async with ssh_server(settings) as server, ssh_server(ServerSettings(jump_home)) as jump:
        ssh = Ssh(
            keys=(str(server.client_key), str(jump.client_key)),
            keys_only=True,
            config=False,
            proxy=f"jumper@127.0.0.1:{jump.port}",
        )
        connector = a_connector(server, known_hosts, ssh=ssh)
        first, second = await asyncio.gather(*(connector.connect(address(server)) for _ in range(2)))
        await first.close()
        still = await second.run("echo reached")
        await second.close()
        await jump.connections[0].wait_closed()

    assert still.stdout == "reached\n"
    assert len(jump.connections) == 1
    assert jump.connections[0].get_extra_info("username") == "jumper"
    assert sorted(known_hosts.read_text().splitlines(keepends=True)) == sorted(
        [server.known_line(), jump.known_line()]
    )


async def test_jump_hosts_of_the_ssh_configuration_that_lead_in_a_circle_are_told(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n")

    with pytest.raises(HostUnreachable, match="without an end"):
        await a_connector(server, known_hosts, ssh=Ssh(config=(str(config),))).connect("a")


async def test_no_more_logins_start_at_once_than_configured(server: ServerState, known_hosts: Path) -> None:
    connector = a_connector(server, known_hosts, sshkit=SshKit(max_concurrent_starts=2))

    hosts = await asyncio.gather(*(connector.connect(address(server)) for _ in range(6)))
    for host in hosts:
        await host.close()

    assert len(server.connections) == 6
    assert known_hosts.read_text() == server.known_line()


async def test_a_cancelled_login_leaves_nothing_open(server: ServerState, known_hosts: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connector = a_connector(server, known_hosts)
        silent.settimeout(5)
        async with asyncio.TaskGroup() as group:
            login = group.create_task(connector.connect(f"127.0.0.1:{silent.getsockname()[1]}"))
            accepted, _ = await asyncio.to_thread(silent.accept)
            login.cancel()
        with accepted:
            accepted.settimeout(5)
            while await asyncio.to_thread(accepted.recv, 4096):
                pass


async def test_an_encrypted_key_without_an_agent_is_told(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    await run_local(["ssh-keygen", "-q", "-t", "ed25519", "-N", "swordfish", "-f", str(tmp_path / "locked")])
    ssh = Ssh(keys=(str(tmp_path / "locked"),), config=False)

    with pytest.raises(LoginRefused) as failure:
        await a_connector(server, known_hosts, ssh=ssh).connect(address(server))

    assert any("encrypted: load it with ssh-add" in line for line in failure.value.evidence)
