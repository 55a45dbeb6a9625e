"""Whole runs of the real engine over simulated hosts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from backstaff import __version__
from backstaff.config.loader import load_config
from backstaff.config.models import Config
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import Body, Event, RunStarted
from backstaff.hosts.connect import SshConnector
from backstaff.kamal.lock import LockOwner
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.selection import select
from backstaff.simulator.clock import SkippingClock, run_skipping
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec

BodyT = TypeVar("BodyT", bound=Body)
OWNER = LockOwner(machine="m", boot="b", pid=42, process_start="7", run="this-run")


@dataclass
class Ran:
    """A run that ended, and what it told."""

    code: ExitCode
    stream: EventStream
    events: list[Event] = field(default_factory=list)

    @property
    def board(self) -> Board:
        return self.stream.board

    @property
    def card(self) -> FailureCard:
        assert self.board.failure is not None
        return self.board.failure

    def of(self, kind: type[BodyT]) -> list[BodyT]:
        """All bodies of one type, in order."""
        return [each.body for each in self.events if isinstance(each.body, kind)]


def with_fleet(spec: FleetSpec, work: Callable[[Fleet], Awaitable[None]]) -> None:
    """Do `work` with a fleet on skipped time."""

    async def main() -> None:
        async with Fleet(spec, SkippingClock()) as fleet:
            await work(fleet)

    run_skipping(main())


async def deploy(fleet: Fleet, version: str, command: Command = Command.DEPLOY) -> Ran:
    """Deploy a version of the fleet's application, as the command line does."""
    config = config_of(fleet)
    plan = make_plan(config, select(config), version, command, skip_push=True)
    events: list[Event] = []
    stream = EventStream(fleet.clock, Redactor([]), [events.append])
    context = RunContext(
        run_id="this-run",
        command=command.value,
        config=config,
        version=version,
        performer=Performer("Ada", "ada@example.com"),
        stream=stream,
        clock=fleet.clock,
    )
    announce(context)
    connector = SshConnector(config.ssh, config.sshkit, timeouts=context.timeouts, clock=fleet.clock)

    async def work() -> None:
        announce_plan(context, plan)
        options = DeployOptions(skip_push=True, skip_hooks=True)
        await Deploy(context, plan, connector, OWNER, lambda _: False, options).carry_out()

    code = await run_to_end(context, work, Cancellation(lambda _: None))
    return Ran(code, stream, events)


def config_of(fleet: Fleet) -> Config:
    """The fleet's deploy.yml, read as any other."""
    directory = fleet.ssh_config.parent / "project"
    directory.mkdir(exist_ok=True)
    file = directory / "deploy.yml"
    file.write_text(fleet.deploy_yml)
    return load_config(file, None, environ={}, cwd=Path(directory))


def announce(context: RunContext) -> None:
    """The first event of a run."""
    context.stream.emit(
        RunStarted(
            run=context.run_id,
            command=context.command,
            service=context.config.service,
            version=context.version,
            performer="Ada",
            tool_version=__version__,
            config_file="config/deploy.yml",
        )
    )
