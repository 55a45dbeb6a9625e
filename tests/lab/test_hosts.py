"""Connections on real hosts: OpenSSH's sshd, its limits, and what can go wrong on the way to it."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstaff.config.models.settings import UnknownHosts
from backstaff.config.models.ssh import Ssh
from backstaff.errors import CommandFailed, HostKeyRefused, HostLost, HostUnreachable, LoginRefused
from tests.lab import Lab
from tests.lab.connections import a_connector, connected, key_of, until_true
from tests.lab.sshd import SshSettings
from tests.lab.waiting import wait_until


async def test_a_script_runs_at_home_and_tells_its_output_and_status(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        result = await host.run("pwd\necho 'naïve' >&2\nexit 3")

    assert (result.status, result.stdout, result.stderr) == (3, "/root\n", "naïve\n")


async def test_commands_of_a_script_do_not_eat_the_script(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        result = await host.run("cat\nread line\nssh-keygen -lf /dev/stdin >/dev/null 2>&1\necho still here")

    assert result.stdout == "still here\n"


async def test_nothing_of_a_script_is_in_the_process_list(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        result = await host.run("password=swordfish\ncat /proc/[0-9]*/cmdline | tr '\\0' ' '")

    assert "sh -c" in result.stdout
    assert "swordfish" not in result.stdout


async def test_more_commands_at_once_than_sshd_has_sessions_all_succeed(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host, asyncio.TaskGroup() as group:
        runs = [group.create_task(host.run(f"sleep 0.1; echo {number}")) for number in range(30)]

    assert [run.result().stdout for run in runs] == [f"{number}\n" for number in range(30)]


async def test_an_end_by_signal_is_a_failure(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        with pytest.raises(CommandFailed, match="killed by signal 9") as failure:
            await host.run("kill -9 $$")

    assert failure.value.status is None


async def test_a_cancelled_command_ends_on_the_host_with_all_that_it_started(lab: Lab) -> None:
    on_host = lab.hosts[0]
    async with connected(lab, on_host) as host:
        running = asyncio.Event()

        async def watch() -> None:
            await until_true(lambda: _counts(lab, 2))
            running.set()

        async with asyncio.TaskGroup() as group:
            command = group.create_task(host.run("sleep 4711 & sleep 4711"))
            group.create_task(watch())
            await running.wait()
            command.cancel()
        await until_true(lambda: _counts(lab, 0))


async def _counts(lab: Lab, expected: int) -> bool:
    found = await asyncio.to_thread(lab.hosts[0].sh, "grep -lax 'sleep.4711.' /proc/[0-9]*/cmdline | wc -l")
    return int(found.stdout) == expected


async def test_a_command_ends_on_the_host_when_the_connection_is_closed_under_it(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host, asyncio.TaskGroup() as group:

        async def close() -> None:
            await until_true(lambda: _counts(lab, 1))
            await host.close()

        group.create_task(close())
        with pytest.raises(HostLost):
            await host.run("sleep 4711")
    await until_true(lambda: _counts(lab, 0))


async def test_a_cut_link_is_noticed_and_told(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host, asyncio.TaskGroup() as group:
        lost = group.create_task(host.wait_lost())
        await host.run("true")
        await asyncio.to_thread(lab.hosts[0].cut_link)
        with pytest.raises(HostLost, match="no longer answers"):
            async with asyncio.timeout(20):
                await host.run("sleep 60")

    assert lost.result() == "the host no longer answers"


async def test_a_host_whose_link_is_cut_is_unreachable(lab: Lab) -> None:
    lab.hosts[0].cut_link()

    with pytest.raises(HostUnreachable, match=r"no answer|no way"):
        await a_connector(lab).connect(lab.hosts[0].address)


async def test_a_killed_sshd_loses_the_connection_and_refuses_new_ones(lab: Lab) -> None:
    async with connected(lab, lab.hosts[0]) as host:
        await asyncio.to_thread(lab.hosts[0].kill_sshd)
        await host.wait_lost()
        with pytest.raises(HostLost):
            await host.run("true")
    with pytest.raises(HostUnreachable, match="port 22 refuses connections") as failure:
        await a_connector(lab).connect(lab.hosts[0].address)

    assert failure.value.where == lab.hosts[0].address


async def test_a_changed_host_key_is_refused_with_the_line_that_knows_the_old_one(lab: Lab) -> None:
    lab.hosts[0].change_host_key()

    with pytest.raises(HostKeyRefused, match="has changed") as failure:
        await a_connector(lab, unknown_hosts=UnknownHosts.ACCEPT_NEW).connect(lab.hosts[0].address)

    line = _line_of(lab.known_hosts, lab.hosts[0].address)
    assert f"{lab.known_hosts}:{line} has ssh-ed25519 SHA256:" in failure.value.what


def _line_of(file: Path, host: str) -> int:
    lines = file.read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if line.startswith(f"{host} "))


async def test_unknown_keys_of_hosts_connected_at_once_are_all_written_down(lab: Lab, tmp_path: Path) -> None:
    known = tmp_path / "ssh" / "known_hosts"
    connector = a_connector(lab, known_hosts=known)

    hosts = await asyncio.gather(*(connector.connect(host.address) for host in lab.hosts))
    for host in hosts:
        await host.close()

    assert sorted(known.read_text().splitlines()) == sorted(
        f"{host.address} {host.ssh.public_host_key}" for host in lab.hosts
    )
    assert known.stat().st_mode & 0o777 == 0o600


async def test_a_key_that_the_host_does_not_know_is_a_refused_login(lab: Lab, tmp_path: Path) -> None:
    stranger = await asyncio.to_thread(key_of, tmp_path / "stranger")

    with pytest.raises(LoginRefused, match="does not let root log in") as failure:
        await a_connector(lab, ssh=Ssh(keys=(str(stranger),), keys_only=True, config=False)).connect(
            lab.hosts[0].address
        )

    assert any("tried ssh-ed25519 SHA256:" in line for line in failure.value.evidence)


async def test_a_host_is_reached_through_a_jump_host(lab: Lab) -> None:
    jump, behind = lab.hosts[:2]
    connector = a_connector(lab, ssh=_behind(lab, jump.address))

    host = await connector.connect(behind.address)
    client = await host.run("echo $SSH_CLIENT; hostname")
    await host.close()

    assert client.stdout.split()[0] == jump.address
    assert client.stdout.split()[-1] == "h2"


async def test_a_jump_host_that_is_down_is_named(lab: Lab) -> None:
    jump, behind = lab.hosts[:2]
    jump.kill_sshd()

    with pytest.raises(
        HostUnreachable, match=f"jump host {jump.address} can not be used.*refuses"
    ) as failure:
        await a_connector(lab, ssh=_behind(lab, jump.address)).connect(behind.address)

    assert failure.value.where == behind.address


async def test_a_host_that_is_down_behind_a_jump_host_is_told_apart(lab: Lab) -> None:
    jump, behind = lab.hosts[:2]
    behind.kill_sshd()

    with pytest.raises(HostUnreachable, match=f"through the jump host {jump.address}"):
        await a_connector(lab, ssh=_behind(lab, jump.address)).connect(behind.address)


def _behind(lab: Lab, jump: str) -> Ssh:
    return Ssh(keys=(str(lab.ssh_key),), keys_only=True, config=False, proxy=jump)


async def test_a_proxy_command_is_run_by_a_shell_with_its_tokens(lab: Lab) -> None:
    through = f"ssh -F {lab.ssh_config} -W %h:%p h1"
    ssh = Ssh(keys=(str(lab.ssh_key),), keys_only=True, config=False, proxy_command=through)

    host = await a_connector(lab, ssh=ssh).connect(lab.hosts[1].address)
    result = await host.run("hostname")
    await host.close()

    assert result.stdout == "h2\n"


async def test_complaints_of_a_proxy_command_are_evidence(lab: Lab) -> None:
    ssh = Ssh(
        keys=(str(lab.ssh_key),), keys_only=True, config=False, proxy_command="echo no such way >&2; false"
    )

    with pytest.raises(HostUnreachable) as failure:
        await a_connector(lab, ssh=ssh).connect(lab.hosts[1].address)

    assert list(failure.value.evidence) == ["no such way"]


async def test_names_keys_and_known_hosts_come_from_the_ssh_configuration(lab: Lab) -> None:
    connector = a_connector(lab, ssh=Ssh(config=(str(lab.ssh_config),)), known_hosts=None)

    host = await connector.connect("h3")
    result = await host.run("hostname")
    await host.close()

    assert result.stdout == "h3\n"


async def test_a_port_in_deploy_yml_is_used(lab: Lab) -> None:
    lab.hosts[0].configure_sshd(SshSettings(ports=(22, 2222)))
    lab.trust_port(lab.hosts[0], 2222)
    connector = a_connector(lab, unknown_hosts=UnknownHosts.REFUSE)

    host = await connector.connect(f"root@{lab.hosts[0].address}:2222")
    result = await host.run("echo $SSH_CONNECTION")
    await host.close()

    assert result.stdout.split()[3] == "2222"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An agent of our own, with the socket in the environment."""
    socket = tmp_path / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    wait_until(socket.exists, "the agent")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield socket
    process.terminate()
    process.wait()


def add_to_agent(key: Path) -> None:
    subprocess.run(["ssh-add", "-q", str(key)], check=True)


async def test_a_key_in_the_agent_logs_in(lab: Lab, agent: Path) -> None:
    await asyncio.to_thread(add_to_agent, lab.ssh_key)

    host = await a_connector(lab, ssh=Ssh(config=False)).connect(lab.hosts[0].address)
    result = await host.run("echo reached")
    await host.close()

    assert result.stdout == "reached\n"


async def test_keys_of_deploy_yml_get_their_turn_beside_an_agent_with_too_many(
    lab: Lab, agent: Path, tmp_path: Path
) -> None:
    for number in range(8):
        await asyncio.to_thread(lambda name: add_to_agent(key_of(tmp_path / name)), f"key{number}")

    ssh = Ssh(keys=(str(lab.ssh_key),), config=False)
    host = await a_connector(lab, ssh=ssh).connect(lab.hosts[0].address)
    result = await host.run("echo reached")
    await host.close()

    assert result.stdout == "reached\n"


async def test_a_forwarded_agent_is_there_on_the_host(lab: Lab, agent: Path) -> None:
    await asyncio.to_thread(add_to_agent, lab.ssh_key)
    ssh = Ssh(keys=(str(lab.ssh_key),), config=False, forward_agent=True)

    host = await a_connector(lab, ssh=ssh).connect(lab.hosts[0].address)
    result = await host.run("ssh-add -l")
    await host.close()

    assert "ED25519" in result.stdout
