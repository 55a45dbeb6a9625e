"""The containers of one host as they are now, kept by Docker's events and told as events of ours."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from backstaff.clock import Seconds
from backstaff.engine.alongside import alongside
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.proxy import services_of
from backstaff.engine.together import at_once
from backstaff.engine.waits import broken_by
from backstaff.errors import BackstaffError
from backstaff.events.facts import ContainerFacts, Funnel, HealthProbe
from backstaff.events.types import ContainerChanged, ContainersSeen, FunnelSeen, Notice
from backstaff.explain.funnel import Filter, build_funnel, image_filter, name_filter, role_filters
from backstaff.hosts.protocol import Container, ContainerState, ContainerSummary, DockerEvent
from backstaff.kamal.filters import UP_STATES, current_container, up_containers
from backstaff.kamal.names import PROXY_CONTAINER, container_name, container_prefix, latest_image

LOOK_AGAIN_S: Seconds = 2.0
RESUBSCRIBE_S: Seconds = 1.0
BURST_S: Seconds = 0.1
SUBSCRIBED_AFTER_S: Seconds = 0.5
"""Docker does not tell when a subscription stands; by then it does."""
_ON_NETWORKS = (ContainerState.RUNNING, ContainerState.PAUSED)
TELLING = (
    "start", "die", "oom", "kill", "stop", "restart", "rename", "destroy", "health_status",
    "pause", "unpause",
)  # fmt: skip


def facts_of_summary(summary: ContainerSummary) -> ContainerFacts:
    """What the list tells of a container."""
    return ContainerFacts(
        id=summary.id,
        name=summary.name,
        image=summary.image,
        state=summary.state.value,
        status=summary.status,
        labels=dict(summary.labels),
    )


def facts_of(container: Container) -> ContainerFacts:
    """What inspection tells of a container. A container that never ended has no exit code."""
    health = container.health
    ended = container.state in {ContainerState.EXITED, ContainerState.DEAD, ContainerState.RESTARTING}
    return ContainerFacts(
        id=container.id,
        name=container.name,
        image=container.image,
        state=container.state.value,
        health=health.status if health else "",
        health_log=tuple(
            HealthProbe(at=each.started_at, exit_code=each.exit_code, output=each.output)
            for each in (health.log if health else ())
        ),
        exit_code=container.exit_code if ended else None,
        oom_killed=container.oom_killed,
        restarts=container.restart_count,
        started_at=container.started_at,
        finished_at=container.finished_at,
        error=container.error,
        labels=dict(container.labels),
    )


class ContainerWatch:
    """The table of one host's containers. `follow` must run beside the work for it to stay current.

    `roles` are those that the run boots on this host; their filter funnels are told with each change.
    """

    def __init__(self, run: RunContext, host: GuardedHost, roles: Sequence[str]) -> None:
        self.host = host
        self._config = run.config
        self._version = run.version
        self._roles = tuple(roles)
        self._stream = run.stream
        self._clock = run.clock
        self._table: dict[str, ContainerSummary] = {}
        self._listed_at: Seconds = float("-inf")
        self._latest_image: str | None = None
        self._served: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._dirty = asyncio.Event()
        self._told: dict[str, Funnel] = {}
        self._unlisted: dict[str, ContainerState] = {}

    @property
    def containers(self) -> tuple[ContainerSummary, ...]:
        """All containers of the host as of the last refresh, newest first."""
        return tuple(self._table.values())

    def named(self, name: str) -> ContainerSummary | None:
        """The container with exactly this name."""
        return next((each for each in self.containers if each.name == name), None)

    def run_on(self, network: str) -> bool:
        """Whether containers run on this network, which can not be removed while they do. One that is about
        to be restarted does not keep it."""
        return any(network in each.networks for each in self.containers if each.state in _ON_NETWORKS)

    def current(self, role: str) -> ContainerSummary | None:
        """The container that counts as the role's current one, None if nothing runs.

        Where several run, the one that the proxy sends traffic to; Kamal goes by the image's tag alone,
        and may then stop what serves after an interrupted deploy.
        """
        running = up_containers(self._config, role, self.containers)
        serving = next((each for each in running if each.short_id == self._served.get(role)), None)
        return serving or current_container(self._config, role, self.containers, self._latest_image)

    def stale(self, role: str) -> Sequence[ContainerSummary]:
        """Running containers of the role beside its current one."""
        current = self.current(role)
        return [
            each
            for each in up_containers(self._config, role, self.containers)
            if current is None or each.id != current.id
        ]

    async def learn(self) -> None:
        """List the containers, and find out what decides between several of one role.

        Raises `RemoteError` if the proxy would decide and gives no answer."""
        await at_once(self.refresh(), self._learn_latest())
        await self._learn_unlisted()
        ambiguous = [role for role in self._roles if self._is_ambiguous(role)]
        if ambiguous:
            await self._learn_served(ambiguous)

    def _is_ambiguous(self, role: str) -> bool:
        """Whether Kamal's way to find the current one may be wrong; it does not see what is paused."""
        up = up_containers(self._config, role, self.containers)
        paused = any(each.state is ContainerState.PAUSED for each in up)
        return self._config.role(role).proxied and (paused or len(up) > 1)

    async def _learn_served(self, roles: Sequence[str]) -> None:
        proxy = self.named(PROXY_CONTAINER)
        if proxy is None or proxy.state is not ContainerState.RUNNING:
            return
        services = await services_of(self.host) or ()
        targets = {each.name: each.target.partition(":")[0] for each in services}
        self._served = {role: targets.get(container_prefix(self._config, role), "") for role in roles}

    async def _learn_unlisted(self) -> None:
        """Find out which containers run although the list says that they were never started.

        So Docker's list goes on telling, until its next restart, of one that was started on a full disk. It
        would run on beside every version to come."""
        service = self._config.service
        started = [
            each.id
            for each in self.containers
            if each.state is ContainerState.CREATED and each.labels.get("service") == service
        ]
        if not started:
            return
        seen = [await self.host.docker.inspect(container) for container in started]
        self._unlisted = {
            each.id: each.state for each in seen if each is not None and each.state in UP_STATES
        }
        if self._unlisted:
            await self.refresh()

    def _corrected(self, listed: ContainerSummary) -> ContainerSummary:
        state = self._unlisted.get(listed.id)
        if state is None or listed.state is not ContainerState.CREATED:
            return listed
        return replace(listed, state=state, status=f"{state}, though Docker's list says {listed.status}")

    async def _learn_latest(self) -> None:
        image = await self.host.docker.image(latest_image(self._config))
        self._latest_image = image.id if image else None

    async def refresh(self) -> None:
        """List the host's containers anew, and tell what the filters of each role leave of them."""
        listed = [self._corrected(each) for each in await self.host.docker.containers()]
        self._listed_at = self._clock.now()
        self._table = {each.id: each for each in listed}
        facts = tuple(map(facts_of_summary, listed))
        self._stream.emit(ContainersSeen(host=self.host.name, containers=facts))
        self._tell_funnels(facts)

    async def refresh_after_restart(self) -> None:
        """List anew if Docker was away since the last list: a Docker that ends stops its containers, and
        starts them again when it is back."""
        if self.host.daemon.interrupted_at >= self._listed_at:
            await self.refresh()

    def _tell_funnels(self, facts: Sequence[ContainerFacts]) -> None:
        for role in self._roles:
            funnel = build_funnel(self.host.name, role, facts, self._filters(role))
            if self._told.get(role) != funnel:
                self._told[role] = funnel
                self._stream.emit(FunnelSeen(funnel=funnel))

    def _filters(self, role: str) -> Sequence[Filter]:
        """What leads to the container that this run makes for the role. The state comes last: a container
        that ended is then dropped for that, and not hidden behind an older one that still runs."""
        config = self._config
        *labels, status = role_filters(config.service, config.destination or "", role)
        return (
            *labels,
            image_filter(config.absolute_image(self._version)),
            name_filter(container_name(config, role, self._version)),
            status,
        )

    async def look(self, container: str, event: str, role: str = "") -> Container | None:
        """Inspect one container now and tell what is seen; None if it is gone."""
        seen = await self.host.docker.inspect(container)
        if seen is not None:
            self._stream.emit(
                ContainerChanged(host=self.host.name, role=role, event=event, container=facts_of(seen))
            )
        return seen

    async def states(
        self, container: str, role: str, *, seen: Container | None = None
    ) -> AsyncGenerator[Container | None, None]:
        """The container now, and again after each of its events, or every two seconds without one. `seen` is
        how it looks now, if somebody has just looked.

        A look that fails proves nothing and is repeated; raises what made it fail once the host is gone.
        """
        event = "seen"
        last, known = seen, seen is not None
        while True:
            changed = self._changed
            try:
                seen = seen if known else await self.host.docker.inspect(container)
                known = False
            except BackstaffError:
                if self.host.gone:
                    raise
                await self._clock.sleep(LOOK_AGAIN_S)
                continue
            if seen is not None and seen != last:
                self._stream.emit(
                    ContainerChanged(host=self.host.name, role=role, event=event, container=facts_of(seen))
                )
            last = seen
            yield seen
            event = "changed"
            try:
                async with self._clock.timeout_at(self._clock.now() + LOOK_AGAIN_S):
                    await changed.wait()
            except TimeoutError:
                event = "seen"

    async def follow(self) -> None:
        """Follow Docker's events until cancelled, or until the host or its engine is gone. Where they can not
        be had the reason is told once, not each time that they are asked for again."""
        told = ""
        while not (self.host.link.tripped or self.host.engine.tripped):
            began = self._clock.now()
            try:
                await broken_by(self.host.breakers, self._follow_events)
            except BackstaffError as error:
                text = f"Docker's events stopped: {error.what}"
                if text != told or self._clock.now() - began >= SUBSCRIBED_AFTER_S:
                    self._stream.emit(Notice(level="info", host=self.host.name, text=text))
                told = text
            await self._clock.sleep(RESUBSCRIBE_S)

    async def _follow_events(self) -> None:
        """Read one subscription. What happened before it stood is found by listing once beside it."""
        async with alongside(self._wake_once_subscribed(), self._list_after_events()):
            async for event in self.host.docker.events():
                if self._concerns_us(event):
                    self._wake()

    async def _wake_once_subscribed(self) -> None:
        await self._clock.sleep(SUBSCRIBED_AFTER_S)
        self._wake()

    async def _list_after_events(self) -> None:
        """Events come in bursts, a stop alone makes three: they are answered by one list together."""
        while True:
            await self._dirty.wait()
            await self._clock.sleep(BURST_S)
            self._dirty.clear()
            try:
                await self.refresh()
            except BackstaffError as error:
                text = f"the containers could not be listed: {error.what}"
                self._stream.emit(Notice(level="info", host=self.host.name, text=text))

    def _wake(self) -> None:
        """Something happened: let those who wait look again, and the list be made anew."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        self._dirty.set()

    def _concerns_us(self, event: DockerEvent) -> bool:
        if not event.action.startswith(TELLING):
            return False
        return event.attributes.get("service") == self._config.service or event.container_id in self._table
