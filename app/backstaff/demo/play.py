"""Playing a scenario: a first deploy, then what the scenario is about, by the real engine."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from backstaff import __version__
from backstaff.config.loader import load_config
from backstaff.config.models import Config
from backstaff.demo.scenario import FIRST, Scenario
from backstaff.engine.context import Performer, RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.lock import DEFAULT_CONFIG_FILE
from backstaff.engine.planning import announce_plan
from backstaff.errors import ExitCode
from backstaff.events.journal import new_run_id
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream, Sink
from backstaff.events.types import RunStarted
from backstaff.hosts.connect import SshConnector
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
    """One run of a play. `note` is what to know before it."""

    title: str
    command: Command
    version: str
    spec: FleetSpec
    note: str = ""


class Play:
    """Plays one scenario over a fleet of its own.

    `sinks` makes the sinks of each run; `cancellation` the one that can end it. `seed` decides how long
    healthy applications take to start.
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
    ) -> None:
        self._scenario = scenario
        self._clock = clock
        self._spec = scenario.spec(hosts)
        self._random = random.Random(seed)  # noqa: S311 - a demonstration, not a secret
        self._sinks = sinks
        self._cancellation = cancellation

    async def play(self) -> ExitCode:
        """The exit code of the last run; a first deploy that fails ends the play."""
        async with Fleet(self._spec, self._clock) as fleet:
            self._vary(fleet)
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

    def _acts(self) -> list[Act]:
        scenario = self._scenario
        note = "" if scenario.code is ExitCode.DONE else _EXAMPLES
        acts = [
            Act("first deploy", Command.DEPLOY, FIRST, self._spec),
            Act(scenario.summary, Command.DEPLOY, scenario.version, self._changed(), note),
        ]
        if scenario.then is not None:
            acts.append(Act("and back", scenario.then, FIRST, self._spec))
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
        stream = EventStream(self._clock, Redactor([REGISTRY_PASSWORD]), self._sinks(act))
        run = RunContext(
            run_id=new_run_id(datetime.now(UTC)),
            command=act.command.value,
            config=config,
            version=act.version,
            performer=Performer("You", "you@example.com"),
            stream=stream,
            clock=self._clock,
        )
        _announce(run)
        connector = SshConnector(config.ssh, config.sshkit, timeouts=run.timeouts, clock=self._clock)
        deploy = Deploy(
            run,
            plan,
            connector,
            this_process(run.run_id),
            is_dead,
            DeployOptions(skip_push=True, skip_hooks=True),
        )

        async def work() -> None:
            announce_plan(run, plan)
            await deploy.carry_out()

        retry = f"backstaff demo --scenario {self._scenario.name}"
        return await run_to_end(run, work, self._cancellation, retry=retry)


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
