"""Ending a container that was started and did not make it, unless it turns out to serve.

The proxy may still be about to find it healthy and to move the traffic to it: it goes on with a deploy
whose caller has gone. Asking and then stopping leaves it a moment to do so. So the container is frozen, the
proxy is asked, and only then is the container ended or woken: a frozen one answers no check, and what the
proxy has moved to it before only waits.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from backstaff.clock import Seconds
from backstaff.config.models import Role
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.limits import given_up_grace_s
from backstaff.engine.switch import ProxySwitch
from backstaff.engine.telling import PairTeller
from backstaff.engine.waits import Wait
from backstaff.errors import BackstaffError, DockerFailed
from backstaff.events.facts import WaitKind
from backstaff.events.step_names import END_PAUSED
from backstaff.uninterrupted import uninterrupted

ABANDON_WITHIN_S: Seconds = 25.0
"""What the clean-up after a cancellation may take in all."""

FROZEN_FOR_S: Seconds = 5.0
"""How long it may take to freeze a container and to hear from the proxy what it serves: if it is the frozen
one, its requests wait as long."""

LAST_WORDS_WITHIN_S: Seconds = 5.0
WAKES_WITHIN_S: Seconds = 5.0
_NOT_RUNNING = 409
"""What Docker answers where there is nothing to freeze: it has ended, or is about to start again."""


@dataclass(frozen=True)
class Serving:
    """The container that goes on serving: its id, and its name for people."""

    id: str
    name: str


class GivingUp:
    """The end of one container, which people know as `called`. Where it was interrupted it may be asked for
    again."""

    def __init__(
        self, run: RunContext, role: Role, host: GuardedHost, switch: ProxySwitch, called: str
    ) -> None:
        self._run = run
        self._role = role
        self._host = host
        self._switch = switch
        self._called = called
        self._tell = PairTeller(run, host.name, role.name)
        self._ended = False
        self._woken_for_s: Seconds = 0.0
        self.left_running = False
        """Whether it runs on because it serves, or may serve."""

    async def give_up(
        self, container: str, instead: Serving | None, last_words: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """End the container after its `last_words`, unless it serves; if the proxy has moved the traffic to
        it all the same, point it back at the one that serves `instead`. What fails is told as a warning.

        Does nothing on a host that is gone."""
        if self._host.gone:
            return
        if last_words is not None:
            await self._hear(last_words)
        try:
            await self._end(container, instead)
        except BackstaffError as error:
            self.left_running = self._role.proxied and not self._ended
            self._tell_danger(container, error)

    async def abandon(self, container: str | None, give_up: Callable[[], Awaitable[None]]) -> None:
        """Give up after a cancellation, within `ABANDON_WITHIN_S`; there may be no container yet."""
        if container is None:
            return
        wait = Wait(
            WaitKind.STOP,
            f"{self._called} to stop",
            f"the app in {self._called}",
            # The cancellation may have waited for it to wake, and its end may have to wait for that again.
            ABANDON_WITHIN_S - self._woken_for_s - WAKES_WITHIN_S,
            self._host.name,
            self._role.name,
            quiet=True,
        )
        try:
            await self._run.waits.wait(wait, lambda _: give_up(), self._host.breakers)
        except BackstaffError as error:
            self._tell_danger(container, error)

    def _tell_danger(self, container: str, error: BackstaffError) -> None:
        see = f"`backstaff proxy details -h {self._host.name}`"
        if self._ended:
            danger = (
                f"{self._called} is stopped, but whether the proxy still sends traffic to it is not known"
            )
            self._tell.warn(f"{danger}: {error.what}; see {see}")
            return
        by_hand = f"stop it on the host with `docker stop {container[:12]}`"
        if self._role.proxied:
            by_hand = f"unless it serves, which {see} tells, {by_hand}"
        self._tell.warn(f"{self._called} could not be stopped: {error.what}; {by_hand}")

    async def _hear(self, last_words: Callable[[], Awaitable[None]]) -> None:
        wait = self._soon(f"the last output of {self._called}", "the Docker Engine", LAST_WORDS_WITHIN_S)
        try:
            await self._run.waits.wait(wait, lambda _: last_words(), self._host.breakers)
        except BackstaffError as error:
            if not self._host.gone:
                self._tell.warn(f"the last output of {self._called} can not be read: {error.what}")

    async def _end(self, container: str, instead: Serving | None) -> None:
        if not self._role.proxied:
            await self._stop(container)
            return
        if not self._ended:
            await self._end_unless_it_serves(container)
        if not self._ended:
            self.left_running = True
            self._tell.warn(f"{self._called} may serve already, so it is left running")
            return
        # Where it could not be frozen, or several processes in it woke for their end, traffic may have moved.
        if instead is not None and await self._switch.may_serve(container):
            await self._switch.back_to(instead.id, instead.name)

    async def _end_unless_it_serves(self, container: str) -> None:
        # Asked before it is frozen too: what is known to serve is not to hold its requests up.
        if await self._switch.may_serve(container):
            return
        if self._switch.pending and await self._settle_frozen(container):
            return
        await self._stop(container)

    async def _stop(self, container: str) -> None:
        await self._host.docker.stop(container, grace_s=given_up_grace_s(self._run.config, self._role))
        self._ended = True

    async def _settle_frozen(self, container: str) -> bool:
        """Freeze the container, and end it unless it serves; False where it can not be frozen. Unless it was
        ended it is woken, whatever happens: also where it is not known whether it was frozen."""
        until = self._run.clock.now() + FROZEN_FOR_S
        frozen = True
        with self._run.report.step(END_PAUSED, self._host.name, self._role.name, container[:12]) as note:
            try:
                frozen = await self._freeze(container, until)
                if not frozen:
                    note.skip("it can not be paused")
                elif await self._may_serve(container, until):
                    note.skip("it may serve")
                else:
                    # Not stopped: for SIGTERM it would have to wake while the proxy still checks it, and
                    # answers a waiting check first. Until the proxy has given up it would be frozen for the
                    # whole deploy timeout. It has never served, so there is no request to finish.
                    await self._host.docker.kill(container)
                    self._ended = True
            finally:
                if frozen and not self._ended:
                    await uninterrupted(self._wake(container))
        return frozen

    async def _freeze(self, container: str, until: Seconds) -> bool:
        wait = self._soon(f"{self._called} to pause", "the Docker Engine", until - self._run.clock.now())
        pause = self._host.docker.pause
        try:
            await self._run.waits.wait(wait, lambda _: pause(container), self._host.breakers)
        except DockerFailed as error:
            if error.status != _NOT_RUNNING:
                self._tell.warn(f"{self._called} could not be paused before it is stopped: {error.what}")
                # Some of it may be frozen all the same.
                await uninterrupted(self._wake(container, may_refuse=True))
            return False
        return True

    async def _may_serve(self, container: str, until: Seconds) -> bool:
        left_s = until - self._run.clock.now()
        wait = self._soon("the proxy to tell what it serves", "kamal-proxy", left_s)
        may_serve = self._switch.may_serve
        return await self._run.waits.wait(wait, lambda _: may_serve(container), self._host.breakers)

    async def _wake(self, container: str, *, may_refuse: bool = False) -> None:
        """Let it go on. That Docker refuses is no news where it `may_refuse`, for it has not paused it."""
        wait = self._soon(f"{self._called} to go on", "the Docker Engine", WAKES_WITHIN_S)
        unpause = self._host.docker.unpause
        began = self._run.clock.now()
        try:
            await self._run.waits.wait(wait, lambda _: unpause(container), self._host.breakers)
        except BackstaffError as error:
            if may_refuse and isinstance(error, DockerFailed):
                return
            by_hand = f"if it is paused, let it go on with `docker unpause {container[:12]}`"
            self._tell.warn(f"{self._called} may be left paused: {error.what}; {by_hand}")
        finally:
            self._woken_for_s = self._run.clock.now() - began

    def _soon(self, cause: str, owner: str, limit_s: Seconds) -> Wait:
        on_host = f"{owner} on {self._host.name}"
        return Wait(WaitKind.DOCKER, cause, on_host, limit_s, self._host.name, self._role.name, quiet=True)
