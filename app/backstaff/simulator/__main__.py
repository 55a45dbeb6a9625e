"""`python -m backstaff.simulator`: hosts in a process of their own, so that clients can be measured alone.

Prints one line of JSON with what a client needs, then serves until standard input ends or a signal comes.
Each line on standard input is answered with a line of JSON that counts SSH channels and API calls of all
hosts.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence

from backstaff.errors import BackstaffError
from backstaff.simulator.clock import ScaledClock
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, spread_roles

# Hundreds of hosts and their client on one machine are slow; no deadline is to come of that.
_PATIENT = {"connect": 300, "silence": 600, "docker": 300, "command": 600, "start": 300, "proxy_grace": 300}
_SETTINGS = {"readiness_delay": 0, "deploy_timeout": 300, "x-backstaff": {"timeouts": _PATIENT}}


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; the exit code."""
    options = _parser().parse_args(argv)
    _allow_many_files()
    try:
        asyncio.run(_serve(options.hosts, options.first_port, options.speed))
    except BackstaffError as error:
        print(f"error: {error}\n{error.fix}".rstrip(), file=sys.stderr)  # noqa: T201 (a program of its own)
        return int(error.exit_code)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backstaff.simulator", description=__doc__)
    parser.add_argument("--hosts", type=int, default=2, metavar="N", help="how many hosts")
    parser.add_argument(
        "--first-port", type=int, default=0, metavar="PORT", help="ports from here on, not free ones"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="X", help="simulated seconds in a real one"
    )
    return parser


def _allow_many_files() -> None:
    """Each host listens, and each connection is a file too: the usual 1024 end at a few hundred hosts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _serve(hosts: int, first_port: int, speed: float) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    spec = FleetSpec(roles=spread_roles(hosts), settings=_SETTINGS, first_port=first_port)
    async with Fleet(spec, ScaledClock(speed)) as fleet:
        _tell(
            {
                "hosts": list(fleet.hosts),
                "key": str(fleet.key),
                "known_hosts": str(fleet.known_hosts),
                "ssh_config": str(fleet.ssh_config),
                "deploy_yml": fleet.addressed_deploy_yml,
                "versions": sorted(spec.versions),
            }
        )
        _answer_input(fleet, ended)
        await ended.wait()
        loop.remove_reader(sys.stdin.fileno())


def _answer_input(fleet: Fleet, ended: asyncio.Event) -> None:
    def read() -> None:
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            ended.set()
        for _ in range(data.count(b"\n")):
            counts = fleet.hosts.values()
            _tell(
                {
                    "channels": sum(host.channels for host in counts),
                    "api_calls": sum(host.api_calls for host in counts),
                }
            )

    try:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), read)
    except PermissionError:
        # A file or /dev/null, which never tells anything: only a signal ends this then.
        return


def _tell(record: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
