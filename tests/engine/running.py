"""Whole runs over fake hosts on simulated time, and everything they leave behind to look at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from backstaff import __version__
from backstaff.clock import Seconds
from backstaff.config.models import BackstaffSettings, Config, OnFailure, Timeouts
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.engine.resume import EarlierRun
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard, PairState
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import Body, Event, RunStarted
from backstaff.kamal.lock import LockOwner
from backstaff.kamal.names import container_name, container_prefix
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Command, Plan, make_plan
from backstaff.plan.selection import Selection, select
from tests.fakes.clock import EPOCH, START, SimulatedClock, elapsed, simulate
from tests.fakes.containers import FakeContainer
from tests.fakes.hosts import Datacentre
from tests.fakes.operator import FakeOperator, UnknownKeys
from tests.kamal.builders import a_config, a_role

OLD, NEW = "v1", "v2"
SETTLED_S: Seconds = 60
"""How long hosts are watched after a run, for what it may have set off."""
BodyT = TypeVar("BodyT", bound=Body)

SHORT = Timeouts(
    connect=2,
    docker=4,
    command=5,
    pull_silence=5,
    release=3,
    hook=5,
    start=4,
    stop_grace=3,
    proxy_grace=2,
)
"""Deadlines that make the simulation of a failure short."""

OWNER = LockOwner(machine="m", boot="b", pid=42, process_start="7", run="this-run")
NEXT_OWNER = LockOwner(machine="m", boot="b", pid=43, process_start="9", run="next-run")
DEAD = LockOwner(machine="m", boot="b", pid=41, process_start="5", run="dead-run")


def short_config(**changes: object) -> Config:
    """Roles web on h1 and h2 and job on h3, with short deadlines."""
    roles = changes.pop("roles", (a_role("web", "h1", "h2"), a_role("job", "h3")))
    defaults: dict[str, object] = {
        "backstaff": BackstaffSettings(timeouts=SHORT),
        "deploy_timeout": 6,
        "drain_timeout": 2,
        "readiness_delay": 2,
    }
    assert isinstance(roles, tuple)
    return a_config(*roles, **{**defaults, **changes})


@dataclass
class Ran:
    """A run that ended: what it told, and what it left on the hosts."""

    code: ExitCode
    config: Config
    plan: Plan
    datacentre: Datacentre
    stream: EventStream
    events: list[Event]
    took_s: Seconds
    left_running: list[str] = field(default_factory=list)
    """Tasks that the run has left behind."""
    new_works: dict[Pair, bool] = field(default_factory=dict)
    """Whether a pair's new version ran, and had the traffic, at the very end of the run."""
    killed: list[ExitCode] = field(default_factory=list)

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

    def at(self, kind: type[Body], condition: Callable[[Body], bool] = lambda _: True) -> list[Seconds]:
        """When bodies of a type were emitted."""
        return [each.t for each in self.events if isinstance(each.body, kind) and condition(each.body)]

    def states(self, host: str, role: str) -> PairState:
        pair = self.board.pair(host, role)
        assert pair is not None
        return pair.state

    def new(self, host: str, role: str) -> FakeContainer | None:
        return self.container(host, role, NEW)

    def container(self, host: str, role: str, version: str) -> FakeContainer | None:
        return self.datacentre[host].find(container_name(self.config, role, version))

    def serving(self, host: str, role: str = "web") -> str:
        """The version that the proxy sends traffic to."""
        container = self.datacentre[host].proxy.serves(container_prefix(self.config, role))
        return container.name.rpartition("-")[2] if container else ""

    def happened(self, host: str, role: str) -> list[str]:
        """What has happened to a role's containers: `created v2`, `asked to stop v1`."""
        return [
            f"{each.what} {each.container.name.partition('_')[0].rpartition('-')[2]}"
            for each in self.datacentre[host].history
            if each.container.role == role
        ]

    def notices(self) -> str:
        return "\n".join(each.text for each in self.board.notices)


def a_datacentre(config: Config, *, old: str = OLD) -> Datacentre:
    """Hosts where `old` serves everything; nothing at all with an empty `old`. Needs a running loop."""
    datacentre = Datacentre(config.all_hosts, config.service)
    for name, server in datacentre.servers.items():
        if not old:
            continue
        server.runs_proxy()
        image = config.absolute_image(old)
        server.add_image(image)
        server.tag(image, config.absolute_image(config.latest_tag))
        for role in config.roles_on(name):
            labels = {"service": config.service, "role": role.name, "destination": config.destination or ""}
            container = server.create(
                container_name(config, role.name, old), image, labels, server.app_of(role.name, old)
            )
            container.created_at = EPOCH - timedelta(hours=2)
            container.start()
            if role.proxied:
                server.route(container_prefix(config, role.name), container)
        server.begin_history()
    return datacentre


@dataclass
class Scene:
    """What a run is to meet. `set` changes the hosts before it begins, `cancel_at` are seconds."""

    config: Config = field(default_factory=short_config)
    command: Command = Command.DEPLOY
    version: str = NEW
    old: str = OLD
    hosts: Sequence[str] = ()
    roles: Sequence[str] = ()
    cancel_at: Seconds | None = None
    on_failure: OnFailure | None = None
    options: DeployOptions = field(default_factory=lambda: DeployOptions(skip_push=True))
    dead: Iterable[LockOwner] = (DEAD,)
    set: Callable[[Datacentre], None] = lambda _: None
    operator: FakeOperator | None = None
    unknown_keys: Mapping[str, str] = field(default_factory=dict)
    within_s: Seconds = 3600

    def selection(self) -> Selection:
        return select(self.config, hosts=self.hosts, roles=self.roles)

    def plan(self) -> Plan:
        return make_plan(
            self.config,
            self.selection(),
            self.version,
            self.command,
            skip_push=self.options.skip_push,
            on_failure=self.on_failure,
        )

    def resumes(self, earlier: EarlierRun) -> "Scene":
        """The same, going on with an earlier run."""
        return replace(self, options=replace(self.options, resumes=earlier))


def run(scene: Scene) -> Ran:
    """Carry the scene out on simulated time, until every trace of it has settled."""
    return simulate(_run(scene), within_s=scene.within_s + SETTLED_S)


async def _run(scene: Scene) -> Ran:
    datacentre = a_datacentre(scene.config, old=scene.old)
    scene.set(datacentre)
    ran = await run_over(datacentre, scene)
    await asyncio.sleep(SETTLED_S)
    return ran


async def run_over(datacentre: Datacentre, scene: Scene, owner: LockOwner = OWNER) -> Ran:
    """Carry the scene out over hosts that are there, as the process `owner`."""
    began = elapsed()
    plan = scene.plan()
    events: list[Event] = []
    context = a_run(
        scene.config, events, command=scene.command.value, version=scene.version, operator=scene.operator
    )
    announce_run(context)
    killed: list[ExitCode] = []
    cancellation = Cancellation(killed.append)

    dead = scene.dead
    connector = UnknownKeys(datacentre, context.asking, scene.unknown_keys)
    deploy = Deploy(context, plan, connector, owner, lambda each: each in dead, scene.options)

    async def work() -> None:
        announce_plan(context, plan)
        await deploy.carry_out()

    timers = [
        asyncio.get_running_loop().call_at(START + at, cancellation.request, ExitCode.INTERRUPTED)
        for at in (scene.cancel_at,)
        if at is not None
    ]
    code = await run_to_end(context, work, cancellation)
    for timer in timers:
        timer.cancel()
    took_s = elapsed() - began
    assert took_s <= scene.within_s, f"it took {took_s} s"
    this = asyncio.current_task()
    left = [repr(task) for task in asyncio.all_tasks() if task is not this]
    ran = Ran(code, scene.config, deploy.plan, datacentre, context.stream, events, took_s, left)
    ran.killed = killed
    ran.new_works = {pair: new_works(ran, pair) for pair in deploy.plan.every_pair}
    return ran


async def _run_twice(scene: Scene, again: Scene) -> tuple[Ran, Ran]:
    datacentre = a_datacentre(scene.config, old=scene.old)
    scene.set(datacentre)
    first = await run_over(datacentre, scene)
    await asyncio.sleep(SETTLED_S)
    again.set(datacentre)
    return first, await run_over(datacentre, again, NEXT_OWNER)


def run_twice(scene: Scene, again: Scene) -> tuple[Ran, Ran]:
    """Carry both out over the same hosts, the second by another process once the first is dead."""
    return simulate(_run_twice(scene, again))


async def _run_and_resume(scene: Scene, mend: Callable[[Datacentre], None]) -> tuple[Ran, Ran]:
    datacentre = a_datacentre(scene.config, old=scene.old)
    scene.set(datacentre)
    first = await run_over(datacentre, scene)
    await asyncio.sleep(SETTLED_S)
    mend(datacentre)
    for server in datacentre.servers.values():
        server.begin_history()
    again = replace(scene, cancel_at=None, dead=(DEAD, OWNER), unknown_keys={})
    return first, await run_over(datacentre, again.resumes(EarlierRun.of(first.board)), NEXT_OWNER)


def run_and_resume(scene: Scene, mend: Callable[[Datacentre], None]) -> tuple[Ran, Ran]:
    """Carry it out, change the hosts with `mend`, and go on with it in another process. The hosts' history
    begins with the second run."""
    return simulate(_run_and_resume(scene, mend))


def new_works(ran: Ran, pair: Pair) -> bool:
    """Whether a pair runs the new version now: behind the proxy with the traffic, else alone."""
    new = ran.new(pair.host, pair.role)
    if new is None or not new.running:
        return False
    if pair.proxied:
        return ran.serving(pair.host, pair.role) == NEW
    return ran.datacentre[pair.host].running(pair.role) == [new]


def a_run(
    config: Config,
    events: list[Event] | None = None,
    *,
    command: str = "deploy",
    version: str = NEW,
    operator: FakeOperator | None = None,
) -> RunContext:
    """A run over the simulated clock, whose events are collected in `events`."""
    clock = SimulatedClock()
    stream = EventStream(clock, Redactor([]), [] if events is None else [events.append])
    return RunContext(
        run_id="this-run",
        command=command,
        config=config,
        version=version,
        performer=Performer("Ada", "ada@example.com"),
        stream=stream,
        clock=clock,
        operator=operator,
    )


def announce_run(context: RunContext) -> None:
    """The first event."""
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


async def failure_of(work: Awaitable[object]) -> BackstaffError:
    """The error that the work ends with."""
    try:
        await work
    except BackstaffError as error:
        return error
    raise AssertionError("it did not fail")
