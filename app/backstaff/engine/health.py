"""Health of a container that is not behind the proxy: its own HEALTHCHECK, or running without a restart."""

from contextlib import aclosing

from backstaff.clock import Seconds
from backstaff.config.models import Role
from backstaff.engine.alongside import alongside
from backstaff.engine.containers import ContainerWatch, facts_of
from backstaff.engine.context import RunContext
from backstaff.engine.limits import SLACK_S
from backstaff.engine.waits import Breaker, Ongoing, Wait
from backstaff.errors import BackstaffError, Doomed
from backstaff.events.facts import WaitKind
from backstaff.explain.doom import container_doom
from backstaff.hosts.protocol import Container, ContainerState


async def trip_when_doomed(watch: ContainerWatch, container: str, role: str, breaker: Breaker) -> None:
    """Trip `breaker` as soon as the container can not become healthy any more, or is gone with its host or
    Docker. Runs beside a wait."""
    try:
        async with watch.host.daemon.blamed():
            await _raise_when_doomed(watch, container, role)
    except BackstaffError as error:
        breaker.trip(error)


async def _raise_when_doomed(watch: ContainerWatch, container: str, role: str) -> None:
    async with aclosing(watch.states(container, role)) as states:
        async for seen in states:
            if error := doomed(watch.host.name, seen):
                raise error


def doomed(host: str, seen: Container | None) -> Doomed | None:
    """The error for a container that is gone or will not recover; None while there is hope."""
    if seen is None:
        return Doomed("the new container was removed by somebody else", where=host)
    doom = container_doom(facts_of(seen))
    return Doomed(doom.reason, where=host, fix=doom.advice) if doom else None


class HealthWatch:
    """Waits for one role's container of `version`, the run's own unless another is named, on one host."""

    def __init__(self, run: RunContext, role: Role, watch: ContainerWatch, *, version: str = "") -> None:
        self._run = run
        self._version = version or run.version
        self._role = role
        self._watch = watch
        self._host = watch.host

    async def until_healthy(self, started: Container, *, since: Seconds | None = None) -> None:
        """Return when the container is healthy, or has run for the readiness delay without restarting.
        `since` is when Docker had started it, if that is known better than from the first look at it running.

        Raises `WaitExpired` after the deploy timeout (with the readiness delay granted on top where there
        is no HEALTHCHECK), and `Doomed` as soon as it can not succeed.
        """
        config = self._run.config
        has_check = started.health is not None
        limit = config.deploy_timeout + (0 if has_check else config.readiness_delay)
        stays_up = f"the container to run for {config.readiness_delay} s without a restart"
        cause = "the container's HEALTHCHECK to pass" if has_check else stays_up
        wait = Wait(
            WaitKind.HEALTH,
            cause,
            f"the app in {self._role.name} {self._version}",
            limit,
            self._host.name,
            self._role.name,
        )

        async def healthy(_: Ongoing) -> None:
            began = since
            async with aclosing(self._watch.states(started.id, self._role.name, seen=started)) as states:
                async for seen in states:
                    if error := doomed(self._host.name, seen):
                        raise error
                    if seen is None:
                        continue
                    if await self._is_ready(seen, began):
                        return
                    if seen.state is ContainerState.RUNNING:
                        # What runs from now on may have been started by somebody else, and later.
                        began = None

        async with self._host.daemon.blamed():
            await self._run.waits.wait(wait, healthy, self._host.breakers)

    async def _is_ready(self, seen: Container, since: Seconds | None) -> bool:
        if seen.health is not None:
            return seen.health.status == "healthy"
        if seen.state is not ContainerState.RUNNING:
            return False
        has_run = self._run.clock.now() - since if since is not None and seen.restart_count == 0 else 0.0
        await self._readiness_delay(seen.id, has_run)
        after = await self._watch.look(seen.id, "readiness delay over", self._role.name)
        return (
            after is not None
            and after.state is ContainerState.RUNNING
            and (after.started_at, after.restart_count) == (seen.started_at, seen.restart_count)
        )

    async def _readiness_delay(self, container: str, has_run: Seconds) -> None:
        delay = self._run.config.readiness_delay
        rest = delay - has_run
        if rest <= 0:
            return
        doom = Breaker()
        wait = Wait(
            WaitKind.READINESS,
            f"{delay} s without a restart",
            "the clock",
            rest,
            self._host.name,
            self._role.name,
            slack_s=SLACK_S,
        )
        guards = [*self._host.breakers, doom]
        async with alongside(trip_when_doomed(self._watch, container, self._role.name, doom)):
            await self._run.waits.wait(wait, lambda _: self._run.clock.sleep(rest), guards)
