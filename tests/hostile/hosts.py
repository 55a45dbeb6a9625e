"""Hosts with a made-up Docker Engine, reached by the engine's own way: SSH, deadlines, breakers, events."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from backstaff.clock import LoopClock
from backstaff.config.models import BackstaffSettings, Config, Timeouts
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import connected as connected_fleet
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.performer import Performer
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream, Sink
from tests.hosts.builders import a_connector, address
from tests.hosts.ssh_server import ServerState
from tests.kamal.builders import a_config, a_role


def a_real_run(config: Config, sinks: Sequence[Sink] = ()) -> RunContext:
    """A run on real time."""
    clock = LoopClock()
    return RunContext(
        run_id="this-run",
        command="deploy",
        config=config,
        version="v2",
        performer=Performer("Ada", "ada@example.com"),
        stream=EventStream(clock, Redactor([]), sinks),
        clock=clock,
    )


@asynccontextmanager
async def guarded_host(
    server: ServerState, known_hosts: Path, sinks: Sequence[Sink] = (), timeouts: Timeouts | None = None
) -> AsyncIterator[tuple[RunContext, GuardedHost]]:
    """The one host of a run, as the engine sees it."""
    name = address(server)
    settings = BackstaffSettings(timeouts=timeouts or Timeouts())
    run = a_real_run(a_config(a_role("web", name), backstaff=settings), sinks)
    async with connected_fleet(run, a_connector(server, known_hosts), [name]) as fleet:
        yield run, fleet[name]
