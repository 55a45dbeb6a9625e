"""The calls to one host: each has a deadline, breakers that end it early, and a record."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from backstaff.clock import Seconds
from backstaff.engine.context import RunContext
from backstaff.engine.daemon import DaemonWatch
from backstaff.engine.limits import SLACK_S
from backstaff.engine.waits import Breaker, Ongoing, Wait
from backstaff.errors import BackstaffError, CommandFailed, HostLost
from backstaff.events.facts import HostState, WaitKind
from backstaff.events.types import CommandRun, HostChanged
from backstaff.hosts.protocol import CommandResult, Host

T = TypeVar("T")

_LONG_ID = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
"""A container id in full; its first twelve characters name it as well."""


class Caller:
    """Makes the calls to one host: deadline, breakers, record."""

    def __init__(self, run: RunContext, host: Host) -> None:
        self.host = host.name
        self.link = Breaker()
        self.daemon = DaemonWatch(run, host, self.link, self.lose)
        self._waits = run.waits
        self._stream = run.stream
        self._clock = run.clock
        self._docker_limit_s = run.timeouts.docker

    @property
    def engine(self) -> Breaker:
        """Trips when the Docker Engine is gone, or no longer answers."""
        return self.daemon.breaker

    def lose(self, reason: str) -> None:
        """The host is gone for the rest of the run. Only the first reason is told."""
        if self.link.tripped:
            return
        detail = reason.removeprefix("the connection was lost: ")
        detail = "" if detail.lower() == "connection lost" else detail
        self._stream.emit(HostChanged(host=self.host, state=HostState.LOST, detail=detail))
        self.link.trip(
            HostLost(
                f"the connection was lost: {detail}" if detail else "the connection was lost",
                where=self.host,
                fix=f"see whether {self.host} is up and its sshd answers, then try again",
            )
        )

    def quiet(
        self,
        line: str,
        limit_s: Seconds,
        *,
        what: WaitKind = WaitKind.DOCKER,
        owner: str = "the Docker Engine",
    ) -> Wait:
        """The wait of an ordinary call, announced only once it lasts.

        The slack lets those who mind the host speak first: that the link or the engine is gone tells more
        than that a call took too long.
        """
        cause = _LONG_ID.sub(r"\1", line)
        return Wait(what, cause, f"{owner} on {self.host}", limit_s, self.host, quiet=True, slack_s=SLACK_S)

    async def call(
        self,
        line: str,
        wait: Wait,
        work: Callable[[Ongoing], Awaitable[T]],
        *,
        mutates: bool = False,
        breakers: Sequence[Breaker] = (),
    ) -> T:
        """Do one call as `wait`. Every call ends with the link's breaker, all but plain commands with the
        engine's too."""
        guards = [self.link, *breakers]
        if wait.what is not WaitKind.COMMAND:
            guards.append(self.engine)
        line = _LONG_ID.sub(r"\1", line)
        began = self._clock.now()
        error, status = "cancelled", None
        try:
            result = await self._do(line, wait, work, guards)
        except HostLost as lost:
            # The call may know before those who mind the link: it is told in the same words.
            self.lose(lost.what)
            failure = self.link.error or lost
            error = failure.what
            raise failure from lost
        except BackstaffError as failure:
            error = failure.what
            raise
        else:
            error = ""
            if wait.what is not WaitKind.COMMAND:
                self.daemon.answered()
            status = result.status if isinstance(result, CommandResult) else 0
            return result
        finally:
            took = self._clock.now() - began
            self._stream.emit(
                CommandRun(
                    line=line, took_s=took, status=status, host=self.host, mutates=mutates, error=error
                )
            )

    async def unrecorded(self, line: str, work: Callable[[Ongoing], Awaitable[T]]) -> T:
        """Do one call of Docker that leaves no record, for it is part of another that comes later."""
        wait = self.quiet(line, self._docker_limit_s)
        return await self._waits.wait(wait, work, [self.link, self.engine])

    async def _do(
        self, line: str, wait: Wait, work: Callable[[Ongoing], Awaitable[T]], guards: Sequence[Breaker]
    ) -> T:
        """What needs the engine and fails may have ended with it; so may a program that ran in it."""
        if self.engine not in guards:
            return await self._waits.wait(wait, work, guards)
        began = self._clock.now()
        async with self.daemon.blamed():
            result = await self._waits.wait(wait, work, guards)
        if isinstance(result, CommandResult) and result.status != 0:
            failure = command_failed(line, result, self.host)
            cause = await self.daemon.cause_of(failure, began)
            if cause is not failure:
                raise cause
        return result


def command_failed(line: str, result: CommandResult, host: str) -> CommandFailed:
    """The error for a command on `host` that ended with a status other than 0; `line` names it."""
    return CommandFailed(
        f"{line} ended with status {result.status}",
        status=result.status,
        stderr=result.stderr or result.stdout,
        where=host,
    )
