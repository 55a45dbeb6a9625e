"""Whether the Docker daemon of a host lives: minded while the run lasts, and asked when something failed.

What needs the daemon may fail because it ended, and tells so in words that depend on the moment. It is put
down to the daemon here, in the same words each time, as everything is that ends with a lost link.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from backstaff.clock import Seconds
from backstaff.engine.context import RunContext
from backstaff.engine.waits import Breaker, Ongoing, Wait
from backstaff.errors import (
    BackstaffError,
    DockerFailed,
    DockerNotRunning,
    DockerRestarted,
    DockerUnavailable,
    HostLost,
    RemoteError,
    WaitExpired,
)
from backstaff.events.facts import HostState, WaitKind
from backstaff.events.types import HostChanged
from backstaff.explain.docker_end import doing_on, gone, restarted, said_by
from backstaff.explain.docker_errors import daemon_was_down
from backstaff.hosts.protocol import Host
from backstaff.kamal.script import script, step

PING_EVERY_S: Seconds = 3.0
ASK_AGAIN_S: Seconds = 0.5
NOTICED_AFTER_S: Seconds = 0.2
"""When a daemon ends, all its connections do; by then the end of each has come through."""


@dataclass(frozen=True)
class Trouble:
    """The daemon does not answer; `since` its last answer, or for one that is known to be down since it was
    found so, when `during` went on. `said` is what failed with it."""

    problem: BackstaffError
    since: Seconds
    during: str
    told_at: Seconds
    said: tuple[str, ...] = ()


class DaemonWatch:
    """The Docker daemon of one host. `breaker` trips once it was gone, or silent, for `timeouts.docker`.

    `lose` gives the whole host up, for `reason`: where that says nothing either, Docker is not to blame.
    """

    def __init__(self, run: RunContext, host: Host, link: Breaker, lose: Callable[[str], None]) -> None:
        self.breaker = Breaker()
        self._run = run
        self._host = host
        self._link = link
        self._lose = lose
        self._clock = run.clock
        self._limit_s = run.timeouts.docker
        self._answered_at = run.clock.now()
        self.interrupted_at: Seconds = float("-inf")
        """When it was last found to be gone, or to have broken off a stream."""
        self._trouble: Trouble | None = None
        self._judging = asyncio.Lock()

    def answered(self) -> None:
        """It has answered a call."""
        self._answered_at = self._clock.now()

    async def mind(self) -> None:
        """Ping it; say when it is quiet, and give it up once it was so for too long."""
        while not (self.breaker.tripped or self._link.tripped):
            await self._clock.sleep(PING_EVERY_S)
            if self._trouble is None and self._clock.now() - self._answered_at < PING_EVERY_S:
                # It answers its calls: a ping would tell nothing, and with hundreds of hosts they add up.
                continue
            await self._answers(doing_on(self._run.stream.board, self._host.name))
            if self._trouble is not None and self._clock.now() - self._trouble.since >= self._limit_s:
                await self._give_up()

    @asynccontextmanager
    async def blamed(self, *, stream: bool = False) -> AsyncIterator[None]:
        """What fails in the body because the daemon ended is told as that. Of a `stream`, which only the
        daemon ends, the failure is a sign of its own."""
        began = self._clock.now()
        try:
            yield
        except BackstaffError as failure:
            if stream and isinstance(failure, DockerUnavailable):
                self.interrupted_at = self._clock.now()
            cause = await self.cause_of(failure, began)
            if cause is failure:
                raise
            raise cause from failure

    async def cause_of(self, failure: BackstaffError, since: Seconds) -> BackstaffError:
        """The end of the daemon, if that explains the failure of something that began at `since`; else the
        failure itself.

        A daemon that is gone may be about to be started again: it is given `timeouts.docker` to come back.
        """
        if isinstance(failure, HostLost | DockerRestarted) or failure is self.breaker.error:
            return failure
        if isinstance(failure, WaitExpired) and self._trouble is None:
            return failure
        during = doing_on(self._run.stream.board, self._host.name)
        if isinstance(failure, DockerNotRunning):
            self._is_in_trouble(failure, during)
        elif daemon_was_down("\n".join(said_by(failure))):
            self.interrupted_at = self._clock.now()
        async with self._judging:
            if not (await self._answers(during, failure) or await self._comes_back(during)):
                return self._link.error or self.breaker.error or failure
            if isinstance(failure, DockerUnavailable) and self.interrupted_at < since:
                await self._clock.sleep(NOTICED_AFTER_S)
        return restarted(self._host.name, during, failure) if self.interrupted_at >= since else failure

    async def _answers(self, during: str, failure: BackstaffError | None = None) -> bool:
        """Ask once, because of `failure` if there is one, and tell if the answer differs from before."""
        if self.breaker.tripped or self._link.tripped:
            return False
        problem = await self._ping()
        if problem is None:
            self._is_well()
            return True
        self._is_in_trouble(problem, during, said_by(failure) if failure else ())
        return False

    def _is_well(self) -> None:
        self.answered()
        if self._trouble is not None:
            self._tell(HostState.CONNECTED)
        self._trouble = None

    def _is_in_trouble(self, problem: BackstaffError, during: str, said: tuple[str, ...] = ()) -> None:
        now, known = self._clock.now(), self._trouble
        if isinstance(problem, DockerNotRunning):
            self.interrupted_at = now
        elif self._is_down and known is not None and not isinstance(problem, DockerUnavailable):
            # Where it was found to be down, silence tells nothing new.
            problem = known.problem
        if known is None:
            since = now if isinstance(problem, DockerNotRunning) else self._answered_at
            known = Trouble(problem, since, during, told_at=float("-inf"))
        self._trouble = replace(known, problem=problem, said=(*known.said, *said))
        self._tell_trouble(self._trouble)

    async def _comes_back(self, during: str) -> bool:
        """Whether it answers again before it, or the host, is given up."""
        since = self._trouble.since if self._trouble else self._clock.now()
        left = max(0.0, since + self._limit_s - self._clock.now())
        cause = "see whether Docker comes back"
        wait = Wait(WaitKind.DOCKER, cause, self._owner, left, self._host.name, quiet=True)

        async def until_it_answers(_: Ongoing) -> None:
            while not await self._answers(during):
                await self._clock.sleep(ASK_AGAIN_S)

        try:
            await self._run.waits.wait(wait, until_it_answers, [self._link, self.breaker])
        except WaitExpired:
            await self._give_up()
        except BackstaffError:
            return False
        return self._trouble is None

    async def _give_up(self) -> None:
        """It is gone for the rest of the run, or the host is: of that it may have been the first sign."""
        if not (self._is_down or await self._host_gives_sign_of_life()):
            self._lose(f"the host no longer answers, for {self._silent_s:.0f} s now")
            return
        trouble = self._trouble
        if trouble is not None:
            error = gone(self._host.name, trouble.during, trouble.problem, self._silent_s, trouble.said)
            self.breaker.trip(error)

    @property
    def _is_down(self) -> bool:
        """Whether the host itself has said that it is not running."""
        return self._trouble is not None and isinstance(self._trouble.problem, DockerNotRunning)

    @property
    def _silent_s(self) -> Seconds:
        return self._clock.now() - self._answered_at

    @property
    def _owner(self) -> str:
        return f"the Docker Engine on {self._host.name}"

    async def _ping(self) -> BackstaffError | None:
        """None if it answered within the interval, else what happened instead."""
        name = self._host.name
        wait = Wait(WaitKind.DOCKER, "ping Docker", self._owner, PING_EVERY_S, name, quiet=True)
        try:
            await self._run.waits.wait(wait, lambda _: self._host.docker.ping(), [self._link])
        except WaitExpired:
            return RemoteError("no answer to a ping", where=name)
        except BackstaffError as error:
            return error
        return None

    async def _host_gives_sign_of_life(self) -> bool:
        """Whether the host runs a command over SSH."""
        name = self._host.name
        wait = Wait(WaitKind.COMMAND, "run a command", f"sshd on {name}", PING_EVERY_S, name, quiet=True)
        try:
            await self._run.waits.wait(wait, lambda _: self._host.run(script([step("alive")])), [self._link])
        except BackstaffError:
            return False
        return True

    def _tell_trouble(self, trouble: Trouble) -> None:
        now = self._clock.now()
        if now - trouble.told_at < PING_EVERY_S or isinstance(trouble.problem, HostLost):
            return
        self._trouble = replace(trouble, told_at=now)
        what = trouble.problem.what
        lack = (
            "given no answer that can be used"
            if isinstance(trouble.problem, DockerFailed)
            else "not answered"
        )
        silent = f"Docker has {lack} for {self._silent_s:.0f} s ({what})"
        self._tell(HostState.QUIET, what if self._is_down else silent)

    def _tell(self, state: HostState, detail: str = "") -> None:
        self._run.stream.emit(HostChanged(host=self._host.name, state=state, detail=detail))
