"""Scripts on a host: input, output, ends, limits, and nothing left behind."""

import asyncio
from pathlib import Path

import asyncssh
import pytest

from backstaff.errors import CommandFailed, HostLost
from backstaff.hosts import remote_script, ssh_host
from backstaff.hosts.remote_script import ScriptEnd
from backstaff.hosts.ssh_host import MOST_COMMANDS, READY_SHELLS
from tests.hosts.builders import a_connector, address, connected
from tests.hosts.ssh_server import ServerSettings, ServerState, until


async def test_a_script_tells_its_output_and_status(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        result = await host.run("printf out\nprintf err >&2\nexit 3")

    assert (result.status, result.stdout, result.stderr) == (3, "out", "err")


async def test_an_empty_script_does_nothing(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        assert (await host.run("")).status == 0


async def test_commands_of_a_script_do_not_eat_it(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        result = await host.run("cat\nread line || echo nothing to read\necho still here")

    assert result.stdout == "nothing to read\nstill here\n"


async def test_quotes_dollars_and_here_documents_arrive_as_they_are(
    server: ServerState, known_hosts: Path
) -> None:
    script = "cat <<'END'\n$HOME \"'`\\\n%s ünï\nEND\n"
    async with connected(server, known_hosts) as host:
        result = await host.run(script)

    assert result.stdout == "$HOME \"'`\\\n%s ünï\n"


async def test_nothing_of_a_script_is_in_a_command_line(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        await host.run("password=swordfish")

    assert len(server.commands) == 1
    assert "swordfish" not in server.commands[0]


async def test_output_that_is_no_utf8_is_replaced(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        assert (await host.run("printf 'a\\377b'")).stdout == "a\ufffdb"


async def test_endless_output_is_cut_with_a_mark(
    server: ServerState, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_script, "MOST_OUTPUT", 1000)
    async with connected(server, known_hosts) as host:
        result = await host.run("head -c 100000 /dev/zero | tr '\\0' x; echo fine >&2")

    assert result.stdout == "x" * 1000 + "\n[99000 more bytes cut]\n"
    assert result.stderr == "fine\n"


async def test_much_output_on_both_streams_does_not_block(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        result = await host.run("head -c 3000000 /dev/zero >&2; head -c 3000000 /dev/zero")

    assert (len(result.stdout), len(result.stderr)) == (3_000_000, 3_000_000)


@pytest.mark.parametrize("script", ["kill -9 $$", "sh -c 'kill -9 $$'"])
async def test_an_end_by_signal_is_a_failure_without_status(
    server: ServerState, known_hosts: Path, script: str
) -> None:
    async with connected(server, known_hosts) as host:
        with pytest.raises(CommandFailed, match="killed by signal 9") as failure:
            await host.run(f"echo because >&2; {script}")

    assert failure.value.status is None
    assert failure.value.evidence[0] == "because"


async def test_a_server_that_tells_of_a_signal_itself_is_understood(
    server: ServerState, known_hosts: Path
) -> None:
    async with connected(server, known_hosts) as host:
        with pytest.raises(CommandFailed, match="killed by SIGKILL"):
            await host.run("kill -9 $(ps -o ppid= -p $$)")


async def test_a_cancelled_script_ends_with_all_that_it_started(
    server: ServerState, known_hosts: Path, settings: ServerSettings
) -> None:
    file = settings.home / "pids"
    script = "sleep 4712 & echo $! $$ >new; mv new pids; sleep 4712"
    async with connected(server, known_hosts) as host, asyncio.TaskGroup() as group:
        run = group.create_task(host.run(script))
        await until(file.exists)
        run.cancel()
        await until(lambda: not any(map(runs, file.read_text().split())))


async def test_a_cancelled_script_that_ignores_the_request_is_killed(
    server: ServerState, known_hosts: Path, settings: ServerSettings
) -> None:
    file = settings.home / "pid"
    script = "trap '' TERM; echo $$ >new; mv new pid; while :; do sleep 0.1; done"
    async with connected(server, known_hosts) as host, asyncio.TaskGroup() as group:
        run = group.create_task(host.run(script))
        await until(file.exists)
        run.cancel()
        await until(lambda: not runs(file.read_text().strip()))


def runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_commands_at_once_stay_below_the_servers_limit(server: ServerState, known_hosts: Path) -> None:
    async with connected(server, known_hosts) as host:
        results = await asyncio.gather(*(host.run(f"echo {number}") for number in range(20)))

    assert [result.stdout for result in results] == [f"{number}\n" for number in range(20)]
    assert server.most_running <= MOST_COMMANDS


async def test_a_connection_that_ends_under_a_script_is_a_lost_host(
    server: ServerState, known_hosts: Path
) -> None:
    async with connected(server, known_hosts) as host, asyncio.TaskGroup() as group:
        lost = group.create_task(host.wait_lost())

        async def cut() -> None:
            await until(lambda: server.running > 0)
            server.connections[0].abort()

        group.create_task(cut())
        with pytest.raises(HostLost) as failure:
            await host.run("sleep 60")

    assert failure.value.where == address(server)
    assert "lost" in lost.result()


async def test_a_script_after_the_connection_ended_is_a_lost_host(
    server: ServerState, known_hosts: Path
) -> None:
    async with connected(server, known_hosts) as host:
        server.connections[0].abort()
        await host.wait_lost()
        with pytest.raises(HostLost):
            await host.run("true")


async def test_a_channel_that_goes_before_it_is_used_is_a_failed_command(
    server: ServerState, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def channel_is_gone(*_: object) -> ScriptEnd:
        raise AssertionError

    async with connected(server, known_hosts) as host:
        monkeypatch.setattr(ssh_host, "run_script", channel_is_gone)
        with pytest.raises(CommandFailed, match="its channel was closed at once"):
            await host.run("true")
        server.connections[0].abort()
        await host.wait_lost()
        with pytest.raises(HostLost):
            await host.run("true")


async def test_closing_twice_is_fine(server: ServerState, known_hosts: Path) -> None:
    host = await a_connector(server, known_hosts).connect(address(server))

    await host.close()
    await host.close()

    assert await host.wait_lost() == "the connection was closed"


async def test_a_shell_is_ready_before_its_script_and_another_after_it(
    server: ServerState, known_hosts: Path
) -> None:
    async with connected(server, known_hosts) as host, asyncio.TaskGroup() as group:
        minding = group.create_task(host.wait_lost())
        await until(lambda: server.running == READY_SHELLS)
        assert (await host.run("echo $((6 * 7)); exit 3")).stdout == "42\n"
        await until(lambda: len(server.commands) == READY_SHELLS + 1 and server.running == READY_SHELLS)
        minding.cancel()
    assert not any("42" in command or "6 * 7" in command for command in server.commands)


async def test_what_a_run_takes_last_is_not_made_ready_again(
    server: ServerState, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_host, "SHELLS_AGAIN_AFTER_S", 3600)
    async with connected(server, known_hosts) as host, asyncio.TaskGroup() as group:
        minding = group.create_task(host.wait_lost())
        await until(lambda: server.running == READY_SHELLS)
        for _ in range(READY_SHELLS + 1):
            assert (await host.run("echo on")).stdout == "on\n"
        minding.cancel()
    assert len(server.commands) == READY_SHELLS + 1


async def test_without_room_for_ready_shells_scripts_run_all_the_same(
    server: ServerState, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_room(_: object) -> None:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "no more sessions")

    monkeypatch.setattr(ssh_host, "open_shell", no_room)
    async with connected(server, known_hosts) as host, asyncio.TaskGroup() as group:
        minding = group.create_task(host.wait_lost())
        assert (await host.run("echo on")).stdout == "on\n"
        minding.cancel()
