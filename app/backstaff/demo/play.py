"""Playing a scenario: a first deploy, then what the scenario is about, by the real engine."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from backstaff import __version__
from backstaff.config.loader import load_config
from backstaff.config.models import Config
from backstaff.demo.scenario import FIRST, Scenario
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.lock import DEFAULT_CONFIG_FILE
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.engine.questions import Operator
from backstaff.errors import ExitCode
from backstaff.events.journal import new_run_id
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream, Sink
from backstaff.events.types import RunStarted
from backstaff.hosts.connect import SshConnector
from backstaff.plan.outline import Outline, outline
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.selection import select
from backstaff.simulator.clock import SimulationClock
from backstaff.simulator.deploy_file import deploy_yml
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import REGISTRY_PASSWORD, FleetSpec

SLOWEST_START_S = 2.0
_EXAMPLES = "commands in its failure card are examples: these hosts are gone when the demo ends"


@dataclass(frozen=True)
class Act:
    """One run of a play. `note` is what to know before it; `plan` is there where the play is about it."""

    title: str
    command: Command
    version: str
    spec: FleetSpec
    note: str = ""
    shows_plan: bool = False
    plan: Outline | None = None


class Play:
    """Plays one scenario over a fleet of its own.

    `sinks` makes the sinks of each run; `cancellation` the one that can end it, and `operator` whom its
    runs may ask. `seed` decides how long healthy applications take to start.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: SimulationClock,
        *,
        hosts: int | None = None,
        seed: int = 1,
        sinks: Callable[[Act], Sequence[Sink]],
        cancellation: Cancellation,
        operator: Operator | None = None,
    ) -> None:
        self._scenario = scenario
        self._clock = clock
        self._spec = scenario.spec(hosts)
        self._random = random.Random(seed)  # noqa: S311 - a demonstration, not a secret
        self._sinks = sinks
        self._cancellation = cancellation
        self._operator = operator

    async def play(self) -> ExitCode:
        """The exit code of the last run; a first deploy that fails ends the play."""
        async with self.fleet() as fleet:
            return await self.play_over(fleet)

    @asynccontextmanager
    async def fleet(self) -> AsyncIterator[Fleet]:
        """The hosts to play over, for as long as the body runs."""
        async with Fleet(self._spec, self._clock) as fleet:
            self._vary(fleet)
            yield fleet

    async def play_over(self, fleet: Fleet) -> ExitCode:
        """Play over hosts that are there before and after; the exit code as for `play`."""
        first, *others = self._acts()
        code = await self._run(fleet, first)
        if code is not ExitCode.DONE:
            return code
        self._scenario.arrange(fleet)
        for act in others:
            code = await self._run(fleet, act)
            if code is not ExitCode.DONE:
                return code
        return code

    def look(self, fleet: Fleet) -> tuple[RunContext, SshConnector]:
        """What it takes to look at the hosts beside the play: a run that is told to nobody, and the way."""
        run = self._context(_read_config(fleet, self._spec), "app logs", FIRST, ())
        return run, self._connector(run)

    def _acts(self) -> list[Act]:
        scenario = self._scenario
        note = "" if scenario.code is ExitCode.DONE else _EXAMPLES
        acts = [
            Act("first deploy", Command.DEPLOY, FIRST, self._spec),
            Act(
                scenario.summary,
                Command.DEPLOY,
                scenario.version,
                self._changed(),
                note,
                scenario.shows_plan,
            ),
        ]
        if scenario.then is not None:
            acts.append(Act("back to the version before", scenario.then, FIRST, self._spec))
        return acts

    def _changed(self) -> FleetSpec:
        changes = self._scenario.changes
        roles = {
            name: replace(role, more=changes[name]) if name in changes else role
            for name, role in self._spec.roles.items()
        }
        return replace(self._spec, roles=roles)

    def _vary(self, fleet: Fleet) -> None:
        """Healthy applications take a moment to start, each host its own."""
        versions = [version for version, mode in self._spec.versions.items() if mode == "healthy"]
        for name, role in self._spec.roles.items():
            for host in role.hosts if not role.mode else ():
                for version in versions:
                    takes = self._random.uniform(0.2, SLOWEST_START_S)
                    fleet.host(host).behave(self._spec.image(version), f"slow:{takes:.2f}", role=name)

    async def _run(self, fleet: Fleet, act: Act) -> ExitCode:
        config = _read_config(fleet, act.spec)
        plan = make_plan(config, select(config), act.version, act.command, skip_push=True)
        if act.shows_plan:
            act = replace(act, plan=outline(config, plan, {}))
        run = self._context(config, act.command.value, act.version, self._sinks(act))
        _announce(run)
        deploy = Deploy(
            run,
            plan,
            self._connector(run),
            this_process(run.run_id),
            is_dead,
            DeployOptions(skip_push=True, skip_hooks=True),
        )

        async def work() -> None:
            announce_plan(run, plan)
            await deploy.carry_out()

        retry = f"backstaff demo --scenario {self._scenario.name}"
        return await run_to_end(run, work, self._cancellation, retry=retry)

    def _context(self, config: Config, command: str, version: str, sinks: Sequence[Sink]) -> RunContext:
        return RunContext(
            run_id=new_run_id(datetime.now(UTC)),
            command=command,
            config=config,
            version=version,
            performer=Performer("You", "you@example.com"),
            stream=EventStream(self._clock, Redactor([REGISTRY_PASSWORD]), sinks),
            clock=self._clock,
            operator=self._operator,
        )

    def _connector(self, run: RunContext) -> SshConnector:
        ssh, sshkit = run.config.ssh, run.config.sshkit
        return SshConnector(ssh, sshkit, timeouts=run.timeouts, clock=self._clock)


def _read_config(fleet: Fleet, spec: FleetSpec) -> Config:
    """The fleet's deploy.yml, written and read as any other. It is known by its path in the project, as it
    would be to somebody who works there."""
    directory = fleet.ssh_config.parent / "project"
    file = directory / DEFAULT_CONFIG_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(deploy_yml(spec, ssh_config=fleet.ssh_config))
    return replace(load_config(file, None, environ={}, cwd=directory), files=(DEFAULT_CONFIG_FILE,))


def _announce(run: RunContext) -> None:
    run.stream.emit(
        RunStarted(
            run=run.run_id,
            command=run.command,
            service=run.config.service,
            version=run.version,
            performer=run.performer.name,
            tool_version=__version__,
            config_file=str(DEFAULT_CONFIG_FILE),
        )
    )
