"""A fleet in a process of its own, and what is left when it ends."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientConnectionResetError

from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import BackstaffError
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.protocol import CommandResult
from backstaff.simulator.clock import SkippingClock, run_skipping
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.simulator.deploying import deploy

SPEC = FleetSpec(roles={"web": RoleSpec(("h1",))})
_APP = Path(__file__).parents[2] / "app"


@contextmanager
def server(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "backstaff.simulator", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(_APP), "PATH": "/usr/bin:/bin"},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def access_of(process: "subprocess.Popen[str]") -> Mapping[str, object]:
    assert process.stdout is not None
    access = json.loads(process.stdout.readline())
    assert isinstance(access, dict)
    return access


async def run_on(name: str, ssh: Ssh, script: str) -> CommandResult:
    host = await SshConnector(ssh, SshKit()).connect(name)
    try:
        return await host.run(script)
    finally:
        await host.close()


def test_a_client_that_goes_in_the_middle_of_an_answer_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: object) -> None:
        raise ClientConnectionResetError("Cannot write to closing transport")

    async def ask() -> None:
        async with Fleet(SPEC, SkippingClock()) as fleet:
            await deploy(fleet, "v1")
            connector = SshConnector(fleet.ssh, SshKit(), clock=fleet.clock)
            host = await connector.connect("h1")
            try:
                await connector.open_docker(host)
                monkeypatch.setattr("aiohttp.web.StreamResponse.write", gone)
                with pytest.raises(BackstaffError):
                    async for _ in host.docker.logs("kamal-proxy"):
                        pass
            finally:
                await host.close()

    run_skipping(ask())
    assert not caplog.records


def end_by_closing_input(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None


@pytest.mark.parametrize(
    "end", [end_by_closing_input, lambda process: process.send_signal(signal.SIGTERM)], ids=["eof", "term"]
)
def test_it_serves_until_it_is_told_to_end_and_leaves_nothing(end: "object") -> None:
    with server("--hosts", "2") as process:
        access = access_of(process)
        ssh = Ssh(config=(str(access["ssh_config"]),))
        told = asyncio.run(run_on("h2", ssh, "echo $HOME; docker version --format x"))
        home = Path(told.stdout.splitlines()[0])
        assert callable(end)
        end(process)
        code = process.wait(timeout=30)

    assert access["hosts"] == ["h1", "h2"]
    assert told.stdout.splitlines()[1] == "20.10.24"
    assert code == 0
    assert not home.exists()
    assert not Path(str(access["ssh_config"])).parent.exists()


def test_what_hosts_were_asked_for_is_counted() -> None:
    with server("--hosts", "1") as process:
        access = access_of(process)
        asyncio.run(run_on("h1", Ssh(config=(str(access["ssh_config"]),)), "true"))
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        counts = access_of(process)

    assert counts == {"channels": 1, "api_calls": 0}


def test_a_port_that_is_taken_is_named() -> None:
    async def two_fleets() -> None:
        async with Fleet(SPEC, SkippingClock()) as first:
            port = first.host("h1").port
            async with Fleet(FleetSpec(roles=SPEC.roles, first_port=port), SkippingClock()):
                raise AssertionError("the port was free")

    with pytest.raises(BackstaffError, match=r"cannot listen on 127.0.0.1 port \d+: .*in use"):
        run_skipping(two_fleets())


def test_a_key_that_the_host_does_not_know_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)

    async def log_in() -> None:
        async with Fleet(SPEC, SkippingClock()) as fleet:
            ssh = Ssh(keys=(str(key),), keys_only=True, port=fleet.host("h1").port, config=False)
            connector = SshConnector(ssh, SshKit(), known_hosts=fleet.known_hosts, clock=fleet.clock)
            await connector.connect("127.0.0.1")

    with pytest.raises(BackstaffError, match="it does not let root log in"):
        run_skipping(log_in())


def test_commands_that_still_run_end_with_the_fleet(tmp_path: Path) -> None:
    async def leave_early() -> Path:
        async with Fleet(SPEC, SkippingClock()) as fleet:
            host = await SshConnector(fleet.ssh, SshKit(), clock=fleet.clock).connect("h1")
            async with asyncio.TaskGroup() as group:
                script = f"echo $$ > {tmp_path}/pid; docker run --rm {fleet.spec.image('v1')}; sleep 600"
                running = group.create_task(host.run(f"docker pull x; {script}"))
                while not (tmp_path / "pid").exists():  # noqa: ASYNC110 (a shell writes it)
                    await asyncio.sleep(0.01)
                running.cancel()
            await host.close()
        return tmp_path / "pid"

    pid = run_skipping(leave_early()).read_text().strip()
    assert not Path(f"/proc/{pid}").exists()
