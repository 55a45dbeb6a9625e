"""Back to what ran before, where the new version has taken over and the boot of others has failed."""

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backstaff.clock import Seconds
from backstaff.config.models import Config, Role
from backstaff.engine.audit import AuditTrail
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.giving_up import GivingUp, Serving
from backstaff.engine.health import HealthWatch
from backstaff.engine.limits import stop_limit_s
from backstaff.engine.lock import DEFAULT_CONFIG_FILE
from backstaff.engine.starting import start_container
from backstaff.engine.switch import ProxySwitch
from backstaff.engine.telling import PairTeller
from backstaff.engine.waits import Wait
from backstaff.errors import BackstaffError, RemoteError
from backstaff.events.facts import PairState, WaitKind
from backstaff.events.types import Notice
from backstaff.hosts.protocol import Container, ContainerState, ContainerSummary
from backstaff.kamal.audit import booted, rolled_back
from backstaff.kamal.names import container_name, container_prefix, version_of
from backstaff.kamal.stopping import stop_grace
from backstaff.plan.pairs import Pair
from backstaff.uninterrupted import uninterrupted

_UP = {ContainerState.RUNNING, ContainerState.RESTARTING}


@dataclass(frozen=True)
class TakenOver:
    """A pair that the new version has taken over: `new` is its container, `old` what ran before, None where
    nothing did. `failed` says why its own boot counts as failed all the same."""

    pair: Pair
    new: str
    old: ContainerSummary | None
    failed: str = ""


async def go_back(
    run: RunContext,
    watches: Mapping[str, ContainerWatch],
    audit: AuditTrail,
    taken: Sequence[TakenOver],
    *,
    parallel_roles: bool,
) -> list[str]:
    """Take all pairs back to what ran before, all hosts at once; the roles of a host one after the other
    unless they are `parallel_roles`. Where nothing ran before, the new version stays.

    What can not be taken back goes on serving the new version: it is returned, a line each with what a person
    can do."""
    lanes: dict[str, list[TakenOver]] = {}
    for each in taken:
        if each.old is None:
            _tell_that_it_stays(run, each)
        else:
            lanes.setdefault(str(each.pair) if parallel_roles else each.pair.host, []).append(each)

    async def one_after_the_other(lane: Sequence[TakenOver]) -> list[str]:
        ways = [
            _WayBack(run, run.config.role(each.pair.role), watches[each.pair.host], audit, each)
            for each in lane
        ]
        return [line for way in ways if (line := await way.go())]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one_after_the_other(lane)) for lane in lanes.values()]
    return [line for task in tasks for line in task.result()]


def _tell_that_it_stays(run: RunContext, taken: TakenOver) -> None:
    text = f"{taken.pair.role} stays on {run.version}: there is nothing before it to go back to"
    run.stream.emit(Notice(level="warning", host=taken.pair.host, text=text))


def rollback_command(config: Config, pair: Pair, version: str) -> str:
    """What a person runs to take one pair back by hand."""
    words = ["backstaff", "rollback", version]
    if config.files and config.files[0] != DEFAULT_CONFIG_FILE:
        words += ["-c", str(config.files[0])]
    if config.destination:
        words += ["-d", config.destination]
    return shlex.join([*words, "-h", pair.host, "-r", pair.role])


class _WayBack:
    """One pair's. The new container serves until the old one is proved to, and only then is it stopped."""

    def __init__(
        self, run: RunContext, role: Role, watch: ContainerWatch, audit: AuditTrail, taken: TakenOver
    ) -> None:
        if taken.old is None:
            raise ValueError(f"nothing ran before on {taken.pair}")
        self._run = run
        self._role = role
        self._watch = watch
        self._host = watch.host
        self._audit = audit
        self._taken = taken
        self._old = taken.old
        found = version_of(taken.old.name, container_prefix(run.config, role.name))
        self._version, _, self._replaced = found.partition("_replaced_")
        self._switch = ProxySwitch(run, role, watch, version=self._version, moving=PairState.ROLLING_BACK)
        self._tell = PairTeller(run, self._host.name, role.name)
        self._giving_up = GivingUp(run, role, self._host, self._switch, self._old.name)
        self._to_stop = ""
        """The old container, from when it was started here until it serves."""
        self._started_at: Seconds | None = None

    async def go(self) -> str:
        """Go the way; what is to be told if it did not lead back. Cancellation passes through after cleaning
        up."""
        try:
            return await self._go_or_give_up()
        except asyncio.CancelledError:
            await uninterrupted(self._giving_up.abandon(self._to_stop or None, self._give_up))
            self._tell.state(PairState.CANCELLED, "while it was rolled back")
            raise

    async def _go_or_give_up(self) -> str:
        try:
            await self._go()
        except BackstaffError as error:
            await self._give_up()
            self._tell.state(PairState.NOT_ROLLED_BACK, f"to {self._version}: {error.what}")
            return self._not_back(error)
        if self._taken.failed:
            self._tell.state(PairState.FAILED, self._taken.failed)
        else:
            self._tell.state(PairState.ROLLED_BACK, f"to {self._version}")
        return ""

    async def _go(self) -> None:
        host, role = self._host.name, self._role.name
        self._tell.state(PairState.ROLLING_BACK, f"starts {self._version} again")
        with self._run.report.step("start the old container again", host, role, self._old.name):
            started = await self._start()
        await self._prove(started)
        self._to_stop = ""
        self._audit.note(host, rolled_back(self._run.version, self._version), role)
        self._audit.note(host, booted(self._version), role)
        self._tell.state(PairState.ROLLING_BACK, f"stops {self._run.version}")
        await self._stop_new()

    async def _start(self) -> Container:
        seen = await self._host.docker.inspect(self._old.id)
        if seen is None:
            raise RemoteError(f"{self._old.name} was removed by somebody else", where=self._host.name)
        if seen.state is ContainerState.PAUSED:
            await self._host.docker.unpause(self._old.id)
        elif seen.state not in _UP:
            self._to_stop = self._old.id
            await start_container(self._host, self._old.id)
            self._started_at = self._run.clock.now()
        started = await self._watch.look(self._old.id, "started again", self._role.name)
        if started is None:
            raise RemoteError(f"{self._old.name} was removed by somebody else", where=self._host.name)
        return started

    async def _prove(self, started: Container) -> None:
        """Wait until the old container is healthy, and behind the proxy until it has the traffic."""
        step = "switch the proxy back" if self._role.proxied else "wait until healthy"
        with self._run.report.step(step, self._host.name, self._role.name):
            if self._role.proxied:
                self._tell.state(PairState.ROLLING_BACK, f"the proxy checks {self._version}")
                await self._switch.to(started)
            else:
                self._tell.state(PairState.ROLLING_BACK, f"checks {self._version}")
                health = HealthWatch(self._run, self._role, self._watch, version=self._version)
                await health.until_healthy(started, since=self._started_at)

    async def _stop_new(self) -> None:
        """The old version serves already, so a failure is only a warning."""
        name = self._new_name
        grace = stop_grace(self._run.config, self._role)
        wait = Wait(
            WaitKind.STOP,
            f"{name} to stop",
            f"the app in {name}",
            stop_limit_s(self._run.config, grace),
            self._host.name,
            self._role.name,
        )
        try:
            if self._role.proxied and await self._switch.may_serve(self._taken.new):
                self._tell.warn(f"{name} may still serve, so it is left running")
                return
            with self._run.report.step("stop the new container", self._host.name, self._role.name):
                await self._host.docker.stop_as(wait, self._taken.new, grace)
        except BackstaffError as error:
            self._tell.warn(f"{name} could not be stopped: {error.what}")

    async def _give_up(self) -> None:
        """End the old container if it was started here, unless it turned out to serve."""
        if self._to_stop:
            await self._giving_up.give_up(self._to_stop, Serving(self._taken.new, self._new_name))

    def _not_back(self, error: BackstaffError) -> str:
        pair = self._taken.pair
        by_hand = f"by hand: `{rollback_command(self._run.config, pair, self._version)}`"
        if self._replaced:
            by_hand = f"by hand, on the host: `docker start {self._old.name}`"
        text = f"{pair.role} could not be rolled back to {self._version}: {error.what}; {by_hand}"
        self._tell.warn(text)
        return f"{pair.host}: {text}"

    @property
    def _new_name(self) -> str:
        return container_name(self._run.config, self._role.name, self._run.version)
