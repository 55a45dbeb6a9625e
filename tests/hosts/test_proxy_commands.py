"""Logins through a proxy command: when it is tried again, what is told of its end, and that it does end."""

import asyncio
from pathlib import Path

import asyncssh
import pytest

from backstaff.clock import LoopClock, Seconds
from backstaff.config.models.settings import Timeouts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import HostUnreachable
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.proxy_process import ProxyProcess
from tests.hosts.builders import RELAYED, a_connector, address
from tests.hosts.ssh_server import ServerState, until


class ImpatientClock(LoopClock):
    """Does not sleep between tries."""

    async def sleep(self, duration: Seconds) -> None:
        await asyncio.sleep(0 * duration)


def noting(root: Path, command: str) -> str:
    """The command, which first notes its process."""
    return f"echo $$ >>{root}/started; {command}"


def started(root: Path) -> list[int]:
    return [int(line) for line in (root / "started").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def through(server: ServerState, known_hosts: Path, command: str) -> SshConnector:
    ssh = Ssh(keys=(str(server.client_key),), keys_only=True, config=False, proxy_command=command)
    return SshConnector(
        ssh, SshKit(), known_hosts=known_hosts, clock=ImpatientClock(), timeouts=Timeouts(connect=5.0)
    )


async def test_a_connection_ends_its_proxy_command(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    host = await through(server, known_hosts, noting(tmp_path, RELAYED)).connect(address(server))
    result = await host.run("echo reached")
    living = [alive(pid) for pid in started(tmp_path)]
    await host.close()

    assert result.stdout == "reached\n"
    assert living == [True]
    assert [alive(pid) for pid in started(tmp_path)] == [False]


async def test_an_ssh_that_was_not_greeted_is_tried_again(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    ungreeted = "echo 'kex_exchange_identification: Connection closed by remote host' >&2; exit 255"
    command = f'[ "$(wc -l <{tmp_path}/started)" -gt 2 ] || {{ {ungreeted}; }}; {RELAYED}'

    host = await through(server, known_hosts, noting(tmp_path, command)).connect(address(server))
    await host.close()

    assert len(started(tmp_path)) == 3


async def test_a_proxy_command_that_ends_well_and_early_is_given_up_on_at_last(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    connector = through(server, known_hosts, noting(tmp_path, "exit 0 # %h"))

    with pytest.raises(HostUnreachable, match="ended before the host had said anything") as failure:
        await connector.connect(address(server))

    assert "exit 0 # 127.0.0.1`" in failure.value.what
    assert len(started(tmp_path)) > 1


async def test_a_proxy_command_that_fails_is_not_tried_again(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    words = "".join(f"echo line {number} >&2; " for number in range(9))
    connector = through(server, known_hosts, noting(tmp_path, f"{words}exit 7"))

    with pytest.raises(HostUnreachable, match="ended with status 7") as failure:
        await connector.connect(address(server))

    assert list(failure.value.evidence) == [f"line {number}" for number in range(4, 9)]
    assert len(started(tmp_path)) == 1


async def test_what_a_proxy_command_leaves_running_is_killed_with_it(tmp_path: Path) -> None:
    process = await ProxyProcess.start(noting(tmp_path, f"sleep 600 & echo $! >>{tmp_path}/started; exit 4"))
    ended = await process.exited_within(20.0)
    await until(lambda: not any(alive(pid) for pid in started(tmp_path)))
    await process.end()

    assert ended
    assert process.status == 4
    assert len(started(tmp_path)) == 2


async def test_the_last_words_of_a_proxy_command_are_waited_for(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    relays = f"exec 3<&0; ({RELAYED}) <&3 & relay=$!"
    dies = f"until test -e {tmp_path}/die; do sleep 0.02; done; kill $relay; exec <&- >&- 3<&-"
    command = f"{relays}; {dies}; sleep 0.2; echo the way is gone >&2"
    host = await through(server, known_hosts, command).connect(address(server))
    (tmp_path / "die").touch()

    reason = await host.wait_lost()
    await host.close()

    assert reason == "the connection was lost: its proxy command said 'the way is gone'"


async def test_a_proxy_command_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    process = await ProxyProcess.start(noting(tmp_path, "trap '' TERM; echo ready >&2; sleep 600; true"))
    await until(lambda: list(process.said) == ["ready"])
    await process.end()
    await process.end()

    assert process.status is None
    assert [alive(pid) for pid in started(tmp_path)] == [False]


async def test_a_known_host_file_that_can_not_be_written_leaves_no_proxy_command(
    server: ServerState, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    connector = through(server, tmp_path / "file" / "known_hosts", noting(tmp_path, RELAYED))

    with pytest.raises(HostUnreachable, match="could not be written"):
        await connector.connect(address(server))

    assert [alive(pid) for pid in started(tmp_path)] == [False]


async def test_a_cancelled_login_ends_its_proxy_command(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    connector = through(server, known_hosts, noting(tmp_path, "sleep 600; true"))

    async with asyncio.TaskGroup() as group:
        login = group.create_task(connector.connect(address(server)))
        await until((tmp_path / "started").exists)
        await until(lambda: len(started(tmp_path)) == 1)
        login.cancel()

    assert [alive(pid) for pid in started(tmp_path)] == [False]


async def test_a_second_try_with_another_type_of_host_key_is_a_living_connection(
    server: ServerState, known_hosts: Path
) -> None:
    """The key of port 22 is trusted on other ports too, but is no reason to refuse another one there."""
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    known_hosts.write_text(f"127.0.0.1 {other}")

    host = await a_connector(server, known_hosts).connect(address(server))
    async with asyncio.TaskGroup() as group:
        loss = group.create_task(host.wait_lost())
        result = await host.run("echo reached")
        lost = loss.done()
        loss.cancel()
    await host.close()

    assert result.stdout == "reached\n"
    assert not lost
