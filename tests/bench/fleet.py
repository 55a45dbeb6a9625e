"""What a deploy costs the client, for fleets of several sizes: `python -m tests.bench.fleet [N ...]`.

The hosts are simulated in a process of their own. The client is a process of its own too, one for each size;
what is measured is its second deploy: the first one loads modules and starts the proxies. As on the command
line, it writes a journal and tells what it does, here to nobody; `--bare` leaves both out.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from backstaff.clock import LoopClock
from backstaff.collector import look_seldom
from backstaff.config.loader import load_config
from backstaff.config.models import Config
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.errors import ExitCode
from backstaff.events.journal import JournalWriter
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream, Sink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.hosts.connect import SshConnector
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.selection import select

SIZES = (10, 50, 200, 500)
_HEADING = "hosts   wall s   cpu s   cpu ms/host   peak MiB   channels/host   calls/host"


@dataclass(frozen=True)
class Cost:
    """One deploy as its client saw it: seconds, seconds of CPU, and the process's peak memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


class Server:
    """The simulator's process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.access = self._read()

    def counts(self) -> Mapping[str, int]:
        """SSH channels and API calls so far."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return {name: int(str(count)) for name, count in self._read().items()}

    def _read(self) -> Mapping[str, object]:
        assert self._process.stdout is not None
        record = json.loads(self._process.stdout.readline())
        assert isinstance(record, dict)
        return record


@contextmanager
def server(hosts: int) -> Iterator[Server]:
    """Simulated hosts, while the body runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backstaff.simulator", "--hosts", str(hosts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)


def measure(hosts: int, *, bare: bool) -> str:
    """The table's row for one size."""
    with server(hosts) as running:
        client = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.fleet", "--client", *(["--bare"] if bare else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(json.dumps(running.access) + "\n")
        client.stdin.flush()
        if not client.stdout.readline():
            client.wait()
            return f"{hosts:5}   the first deploy failed"
        before = running.counts()
        client.stdin.write("go\n")
        client.stdin.close()
        told = client.stdout.readline()
        if client.wait() or not told:
            return f"{hosts:5}   the deploy failed"
        after, cost = running.counts(), Cost(**json.loads(told))
    each = {name: (after[name] - before[name]) / hosts for name in after}
    return (
        f"{hosts:5}  {cost.wall_s:7.2f}  {cost.cpu_s:6.2f}  {cost.cpu_s / hosts * 1000:12.1f}  "
        f"{cost.peak_mib:9.0f}  {each['channels']:14.1f}  {each['api_calls']:11.1f}"
    )


def client(*, bare: bool) -> int:
    """Deploy twice; tell what the second time has cost."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    access = json.loads(sys.stdin.readline())
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "deploy.yml"
        file.write_text(access["deploy_yml"])
        config = load_config(file, None, environ={}, cwd=Path(directory))
    if asyncio.run(_deploy(config, "v1", bare=bare)) is not ExitCode.DONE:
        return 1
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.monotonic(), time.process_time()
    code = asyncio.run(_deploy(config, "v2", bare=bare))
    wall_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(asdict(Cost(wall_s, cpu_s, peak_mib))), flush=True)
    return 0 if code is ExitCode.DONE else 1


async def _deploy(config: Config, version: str, *, bare: bool) -> ExitCode:
    with nullcontext(()) if bare else _usual_sinks(version) as sinks:
        return await _deploy_told_to(sinks, config, version)


@contextmanager
def _usual_sinks(run: str) -> Iterator[Sequence[Sink]]:
    with tempfile.TemporaryDirectory() as directory, Path(os.devnull).open("w") as nobody:
        journal = JournalWriter(Path(directory), run, print)
        yield LineSink(Outlet(nobody)), journal
        journal.close()


async def _deploy_told_to(sinks: Sequence[Sink], config: Config, version: str) -> ExitCode:
    clock = LoopClock()
    stream = EventStream(clock, Redactor([]), sinks)
    run = RunContext(
        run_id="bench",
        command="deploy",
        config=config,
        version=version,
        performer=Performer("Bench", "bench@example.com"),
        stream=stream,
        clock=clock,
    )
    plan = make_plan(config, select(config), version, Command.DEPLOY, skip_push=True)
    connector = SshConnector(config.ssh, config.sshkit, timeouts=run.timeouts, clock=clock)

    async def work() -> None:
        announce_plan(run, plan)
        options = DeployOptions(skip_push=True, skip_hooks=True)
        await Deploy(run, plan, connector, this_process(run.run_id), is_dead, options).carry_out()

    code = await run_to_end(run, work, Cancellation(lambda _: None))
    if stream.board.failure is not None:
        print(stream.board.failure, file=sys.stderr)
    return code


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    look_seldom()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, metavar="N", help="how many hosts there are")
    parser.add_argument("--hosts", action="append", type=int, metavar="N", help="the same")
    parser.add_argument("--bare", action="store_true", help="no journal, and no lines")
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.client:
        return client(bare=options.bare)
    print(_HEADING)
    for hosts in [*options.sizes, *(options.hosts or ())] or SIZES:
        print(measure(hosts, bare=options.bare), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
