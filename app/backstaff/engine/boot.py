"""One role on one host: from the clash check to the stopped old container."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass

from backstaff.clock import Seconds
from backstaff.config.models import Role
from backstaff.engine.alongside import alongside
from backstaff.engine.audit import AuditTrail
from backstaff.engine.barrier import Barrier
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext, pair_name
from backstaff.engine.giving_up import GivingUp, Serving
from backstaff.engine.health import HealthWatch
from backstaff.engine.limits import stop_limit_s
from backstaff.engine.output import OutputTail
from backstaff.engine.proxy import make_list_ready
from backstaff.engine.starting import start_container
from backstaff.engine.switch import ProxySwitch
from backstaff.engine.telling import PairTeller
from backstaff.engine.together import at_once, both
from backstaff.engine.waits import Wait
from backstaff.errors import BackstaffError, Doomed, WaitExpired
from backstaff.events.facts import PairState, WaitKind
from backstaff.explain.bug import internal_error
from backstaff.hosts.protocol import Container, ContainerState, ContainerSummary
from backstaff.kamal.audit import booted, renaming
from backstaff.kamal.boot_script import boot_script, created_container
from backstaff.kamal.env_file import env_file_text
from backstaff.kamal.filters import misplaced_labels
from backstaff.kamal.names import (
    container_hostname,
    container_name,
    container_prefix,
    replaced_name,
    version_of,
)
from backstaff.kamal.stopping import stop_grace
from backstaff.uninterrupted import uninterrupted

_NAME_TAKEN = "already in use by container"
TAKEN_BACK_WITHIN_S: Seconds = 10.0
"""How long it may take to remove a container that is not to be started."""


@dataclass(frozen=True)
class PairResult:
    """How a pair ended. `error` None means healthy; `halted` that it was never started.

    `new` is the id of the container that it has left running because it serves, or may serve; `old` is what
    ran there before, if anything did."""

    host: str
    role: str
    error: BackstaffError | None = None
    halted: bool = False
    new: str = ""
    old: ContainerSummary | None = None


class PairBoot:
    """Boots one role on one host. `barrier` is None where nothing waits for anything.

    A gatekeeper always tells the barrier how it ended, whatever ends it.
    """

    def __init__(
        self,
        run: RunContext,
        role: Role,
        watch: ContainerWatch,
        audit: AuditTrail,
        barrier: Barrier | None,
        *,
        gatekeeper: bool,
    ) -> None:
        self._run = run
        self._role = role
        self._watch = watch
        self._host = watch.host
        self._audit = audit
        self._barrier = barrier
        self._gatekeeper = gatekeeper
        self._old: ContainerSummary | None = None
        self._new: str | None = None
        self._maybe_created = False
        self._may_run = False
        self._started_at: Seconds | None = None
        self._switch = ProxySwitch(run, role, watch)
        self._tell = PairTeller(run, self._host.name, role.name)
        self._giving_up = GivingUp(run, role, self._host, self._switch, f"{role.name} {run.version}")
        self._output = OutputTail(run, self._host, role.name)

    async def boot(self) -> PairResult:
        """Boot the pair. Failures are returned, cancellation passes through after cleaning up."""
        try:
            return await self._boot_or_give_up()
        except asyncio.CancelledError:
            self._gatekeeper_ended("cancelled")
            await uninterrupted(self._abandon())
            self._tell.state(PairState.CANCELLED)
            raise
        finally:
            self._gatekeeper_ended("ended unexpectedly")

    async def _boot_or_give_up(self) -> PairResult:
        try:
            return await self._boot()
        except BackstaffError as error:
            return await self._failed(error)
        except Exception as bug:  # noqa: BLE001 - the boundary of a pair: the others end as with any failure
            return await self._failed(internal_error(bug, attach="the run's journal"))

    async def _failed(self, error: BackstaffError) -> PairResult:
        host, role = self._host.name, self._role.name
        error.where = error.where or host
        self._gatekeeper_ended(error.what)
        await self._give_up()
        self._tell.state(PairState.FAILED, error.what)
        left_running = self._new if self._giving_up.left_running else None
        return PairResult(host, role, error, new=left_running or "", old=self._old)

    def halt(self, reason: str) -> PairResult:
        """The pair is not booted at all, because of `reason`."""
        self._gatekeeper_ended(reason)
        self._tell.state(PairState.HALTED, reason)
        return PairResult(self._host.name, self._role.name, halted=True)

    async def _boot(self) -> PairResult:
        self._old = await self._make_room()
        barrier = None if self._gatekeeper else self._barrier
        if barrier is not None and not barrier.resolved:
            await both(self._pass(barrier), self._get_ready(barrier))
        if barrier is not None and not barrier.is_open:
            await self._take_back()
            return self.halt(barrier.reason)
        container = self._new
        if container is None:
            self._tell.state(PairState.CREATING)
            # What a try before may have left would have the name.
            await self._take_back()
            container = await self._create()
        async with alongside(self._output.follow(container)):
            await self._prove(await self._start(container))
        # From here on it serves, and the old one is on its way out: nothing that follows may stop it.
        self._new = None
        self._audit.note(self._host.name, booted(self._run.version), self._role.name)
        if self._barrier is not None and self._gatekeeper:
            self._barrier.opened_by(self._host.name)
        if self._old is not None:
            await self._stop_old(self._old)
        self._tell.state(PairState.HEALTHY, self._run.version)
        return PairResult(self._host.name, self._role.name, new=container, old=self._old)

    async def _make_room(self) -> ContainerSummary | None:
        """Rename a container that has the new one's name; return the one that serves now."""
        config, role, version = self._run.config, self._role, self._run.version
        await self._watch.refresh_after_restart()
        clash = self._watch.named(container_name(config, role.name, version))
        if clash is not None:
            name = replaced_name(clash.name, secrets.token_hex(8))
            with self._run.report.step("rename the old container", self._host.name, role.name) as note:
                await self._host.docker.rename(clash.id, name)
                note.detail = f"{clash.name} is now {name}"
            replaced = version_of(name, container_prefix(config, role.name))
            self._audit.note(self._host.name, renaming(version, replaced), role.name)
            await self._watch.refresh()
        return self._watch.current(role.name)

    async def _pass(self, barrier: Barrier) -> None:
        """Wait until the barrier is resolved."""
        pair = pair_name(self._role.name, self._host.name)
        self._tell.state(PairState.WAITING, f"for the first healthy {barrier.name} container")
        wait = Wait(
            WaitKind.BARRIER,
            f"the first healthy {barrier.name} container",
            barrier.owner(),
            barrier.limit_s,
            self._host.name,
            self._role.name,
        )
        await self._run.waits.wait(wait, lambda _: barrier.passed(pair), self._host.breakers)
        if barrier.is_open and self._new is None:
            self._tell.state(PairState.CREATING)

    async def _get_ready(self, barrier: Barrier) -> None:
        """Create the container while gatekeepers are checked: only its start has to wait. Not earlier, when
        they may still fail for what would hold here too, or share the hosts' CPUs with this.

        What fails is no loss: it is created when the barrier is open, and what is still wrong then fails."""
        if not await barrier.near():
            return
        try:
            await self._create()
        except BackstaffError as error:
            why = ": ".join((error.what, *error.evidence[-1:]))
            again = "it is tried again once it may start"
            self._tell.warn(f"{self._role.name} could not be created yet: {why}; {again}")

    async def _create(self) -> str:
        run, role, host = self._run, self._role, self._host
        script = boot_script(
            run.config,
            role,
            host.name,
            run.version,
            hostname=container_hostname(host.name, secrets.token_hex(6)),
            env_text=env_file_text(role.env_for(host.name), run.revealed),
            audit=(lines := self._audit.take(host.name)),
        )
        with run.report.step("create the container", host.name, role.name) as note:
            self._maybe_created = True
            try:
                result = await host.run(script, f"docker create {role.name} {run.version}", uses_docker=True)
            except BackstaffError as error:
                self._audit.put_back(host.name, lines)
                # One that has the name already is somebody else's.
                self._maybe_created = _NAME_TAKEN not in " ".join((error.what, *error.evidence))
                raise
            self._new = container = created_container(result.stdout)
            note.detail = container[:12]
        return container

    async def _take_back(self) -> None:
        """Remove the container that is not to be started; it may be that Docker has made it and could not
        say so. What fails is told as a warning: the next deploy moves it out of its way, and then it is
        pruned like any other."""
        if self._host.gone or not (self._new or self._maybe_created):
            return
        name = container_name(self._run.config, self._role.name, self._run.version)
        wait = Wait(
            WaitKind.DOCKER,
            f"{name} to be removed",
            f"the Docker Engine on {self._host.name}",
            TAKEN_BACK_WITHIN_S,
            self._host.name,
            self._role.name,
            quiet=True,
        )
        try:
            await self._run.waits.wait(wait, lambda _: self._remove(name), self._host.breakers)
        except BackstaffError as error:
            self._tell.warn(f"{name}, which was never started, may be left behind: {error.what}")
        self._new, self._maybe_created = None, False

    async def _remove(self, name: str) -> None:
        container = self._new
        if container is None and self._maybe_created:
            # Nothing had this name when its creation began.
            found = await self._host.docker.inspect(name)
            container = found.id if found is not None and found.state is ContainerState.CREATED else None
        if container is not None:
            with self._run.report.step("remove the container", self._host.name, self._role.name, name):
                await self._host.docker.remove(container, with_volumes=True)

    async def _start(self, container: str) -> Container:
        self._tell.state(PairState.STARTING)
        self._may_run = True
        with self._run.report.step("start the container", self._host.name, self._role.name):
            found: list[Container] = []

            async def start() -> None:
                await start_container(self._host, container)
                self._started_at = self._run.clock.now()

            async def look_early() -> None:
                # Docker answers once the start is through, which may take longer than a look may.
                with suppress(WaitExpired):
                    found.append(await self._findable(container))

            ready = (self._switch.make_ready(container),) if self._role.proxied else ()
            await at_once(start(), look_early(), *ready)
            # The look may have been there before the start. To the proxy, which judges the health by itself,
            # that is the same: what it is told of the container is there from the creation on.
            if found and (self._role.proxied or found[0].state is not ContainerState.CREATED):
                return found[0]
            return await self._findable(container)

    async def _findable(self, container: str) -> Container:
        """The container as it started. Raises `Doomed` if the filters would never find it: it would be
        nobody's, neither stopped by the next deploy nor pruned."""
        started = await self._watch.look(container, "started", self._role.name)
        if started is None:
            raise Doomed("the new container was removed by somebody else", where=self._host.name)
        wrong = misplaced_labels(self._run.config, self._role.name, started.labels)
        if wrong:
            raise Doomed(
                f"no filter finds the new container: it carries {', '.join(wrong)}",
                where=self._host.name,
                fix=f"do not set these labels yourself, under options of {self._role.name} or in the image",
            )
        return started

    async def _prove(self, container: Container) -> None:
        """Wait until the new container is healthy, and for a proxied role until it takes the traffic."""
        if self._barrier is not None and self._gatekeeper:
            self._barrier.approached()
        if self._role.proxied:
            self._tell.state(PairState.CHECKING, "the proxy checks its health")
            with self._run.report.step("switch the proxy", self._host.name, self._role.name):
                await self._switch.to(container)
        else:
            self._tell.state(PairState.CHECKING)
            with self._run.report.step("wait until healthy", self._host.name, self._role.name):
                health = HealthWatch(self._run, self._role, self._watch)
                await health.until_healthy(container, since=self._started_at)

    async def _stop_old(self, old: ContainerSummary) -> None:
        """Stop what served before. The new version serves already, so a failure is only a warning."""
        self._tell.state(PairState.STOPPING_OLD, old.name)
        grace = stop_grace(self._run.config, self._role)
        wait = Wait(
            WaitKind.STOP,
            f"{old.name} to stop",
            f"the app in {old.name}",
            stop_limit_s(self._run.config, grace),
            self._host.name,
            self._role.name,
        )
        try:
            with self._run.report.step("stop the old container", self._host.name, self._role.name):
                # When all is done, the proxy is asked what it serves.
                asks = (make_list_ready(self._host),) if self._role.proxied else ()
                await at_once(self._host.docker.stop_as(wait, old.name, grace), *asks)
        except BackstaffError as error:
            self._tell.warn(f"{old.name} could not be stopped: {error.what}")

    async def _give_up(self) -> None:
        """Keep the new container's last words, then end it unless it turned out to serve. One that was never
        started goes."""
        new = self._new
        if not self._may_run:
            await self._take_back()
            return
        if new is None:
            return

        async def last_words() -> None:
            await self._watch.look(new, "failed", self._role.name)
            await self._output.catch_up(new)

        instead = Serving(self._old.id, self._old.name) if self._old is not None else None
        await self._giving_up.give_up(new, instead, last_words)

    async def _abandon(self) -> None:
        if self._may_run:
            await self._giving_up.abandon(self._new, self._give_up)
        else:
            await self._take_back()

    def _gatekeeper_ended(self, reason: str) -> None:
        if self._barrier is not None and self._gatekeeper:
            self._barrier.given_up(self._host.name, reason)
