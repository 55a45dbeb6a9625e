"""Programs of simulated hosts that are at work when the process of the simulation ends."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.simulator.processes import left_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to look in")

CODE = """
import asyncio, os, signal
from backstaff.cli.signals import leave_nothing_behind
from backstaff.config.models.ssh import SshKit
from backstaff.hosts.connect import SshConnector
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, RoleSpec

async def main():
    async with Fleet(FleetSpec(roles={"web": RoleSpec(("h1",))})) as fleet:
        fleet.host("h1").freeze_docker()
        host = await SshConnector(fleet.ssh, SshKit()).connect("h1")
        async with asyncio.TaskGroup() as group:
            group.create_task(host.run("docker ps"))
            group.create_task(host.run("trap '' TERM; (trap '' TERM; sleep 600) & touch begun; sleep 600"))
            directory = fleet.ssh_config.parent
            while not (list(directory.glob("calls/*.words")) and list(directory.glob("homes/h1/begun"))):
                await asyncio.sleep(0.01)
            END

asyncio.run(main())
"""
ENDS = {
    "at once": "leave_nothing_behind(); os._exit(1)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "well": "raise SystemExit(1)",
}


@pytest.mark.parametrize("end", ENDS)
async def test_they_end_with_it_in_whatever_way_it_ends(tmp_path: Path, end: str) -> None:
    python_path = os.pathsep.join(filter(None, sys.path))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CODE.replace("END", ENDS[end])),
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": python_path},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode in {1, -9}, said.decode()
    assert await left_of(tmp_path) == []
    assert end == "killed" or list(tmp_path.iterdir()) == []
