"""One connection to a fake server: requests take time, and can go wrong in every way that real ones can."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from backstaff.clock import Seconds
from backstaff.errors import BackstaffError, DockerFailed, DockerNotRunning, DockerUnavailable, HostLost
from tests.fakes.faults import Fault, Kind

T = TypeVar("T")

ONE_WAY: Seconds = 0.005


LOOK_S: Seconds = 0.05
DOWN_S: Seconds = 1.0
"""How long a Docker Engine takes to come back after a fault has ended it."""
NOBODY_LISTENS = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."


class Engine:
    """Whether a server's Docker Engine answers. While it is frozen, requests pile up. Once it is closing it
    takes no new connections, but answers on those it has; when it has ended, everything breaks off.

    `begun` is called when it is there again."""

    def __init__(self, begun: Callable[[], None]) -> None:
        self.frozen = False
        self.closing = False
        self.running = True
        self.ends = 0
        self._begun = begun
        self._parked: list[Callable[[], None]] = []
        self._cut: dict[object, Callable[[], None]] = {}

    def freeze(self) -> None:
        """Stop answering; containers run on."""
        self.frozen = True

    def thaw(self) -> None:
        """Answer again, what was asked meanwhile first."""
        self.frozen = False
        parked, self._parked = self._parked, []
        for each in parked:
            each()

    def end(self) -> None:
        """Break off everything under way, and be gone."""
        if not self.running:
            return
        self.closing, self.running, self.frozen = True, False, False
        self.ends += 1
        self._parked.clear()
        cut, self._cut = self._cut, {}
        for each in cut.values():
            each()

    def begin(self) -> None:
        """Be there again."""
        if self.running:
            return
        self.closing, self.running = False, True
        self._begun()

    def on_end(self, cut: Callable[[], None]) -> Callable[[], None]:
        """`cut` is called if it ends. Returns what forgets it."""
        key = object()
        self._cut[key] = cut

        def forget() -> None:
            self._cut.pop(key, None)

        return forget

    def when_awake(self, what: Callable[[], None]) -> None:
        """Do it now, or once the engine is awake again."""
        if self.frozen:
            self._parked.append(what)
        else:
            what()


class Faults:
    """The faults of one server, and how often each kind of request has been made."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self._counts: dict[str, int] = {}

    def of(self, operation: str) -> Fault | None:
        """Count one more request, and return the fault that hits it."""
        for name in ("*", operation):
            self._counts[name] = self._counts.get(name, 0) + 1
        hit = (each for each in self.all if each.hits(operation, self._counts.get(each.operation, 0)))
        return next(hit, None)


class Reply(Generic[T]):
    """Where a request's answer goes."""

    def __init__(self, wire: "Wire", future: asyncio.Future[T], *, docker: bool) -> None:
        self._wire = wire
        self._future = future
        self._docker = docker
        self._dropped = False

    def drop(self) -> None:
        """Nothing that is answered from now on arrives."""
        self._dropped = True

    def give(self, result: T) -> None:
        """Answer."""
        self._send(lambda: self._future.set_result(result))

    def fail(self, error: BackstaffError) -> None:
        """Answer with an error."""
        self._send(lambda: self._future.set_exception(error))

    def _send(self, arrive: Callable[[], None]) -> None:
        if self._dropped:
            return

        def deliver() -> None:
            if not self._future.done():
                arrive()

        def travel() -> None:
            asyncio.get_running_loop().call_later(ONE_WAY, deliver)

        if self._docker:
            self._wire.engine.when_awake(travel)
        else:
            travel()


def _then(
    serve: Callable[[Reply[T]], None], refuse: Callable[[Reply[T]], None]
) -> Callable[[Reply[T]], None]:
    """Refuses what is served all the same."""

    def both(reply: Reply[T]) -> None:
        # What arrives first counts.
        refuse(reply)
        serve(reply)

    return both


class Wire:
    """One connection. What is asked over it is done on the server even if the asker has gone meanwhile."""

    def __init__(self, host: str, engine: Engine, faults: Faults) -> None:
        self.host = host
        self.engine = engine
        self._faults = faults
        self.lost = asyncio.Event()
        self.reason = ""
        self.closed = False
        self._open: set[asyncio.Future[object]] = set()
        self.streams: set[Callable[[], None]] = set()

    def lose(self, reason: str = "connection reset by peer") -> None:
        """Cut it. Everything under way ends with `HostLost`."""
        if self.lost.is_set():
            return
        self.reason = reason
        self.lost.set()
        for future in list(self._open):
            if not future.done():
                future.set_exception(self._error())
        for end in list(self.streams):
            end()

    async def ask(
        self,
        operation: str,
        serve: Callable[[Reply[T]], None],
        *,
        refuse: Callable[[Fault, Reply[T]], None] | None = None,
        without: Callable[[DockerUnavailable, Reply[T]], None] | None = None,
        docker: bool = True,
    ) -> T:
        """Send one request, which the server serves after a while, and wait for its answer.

        `refuse` answers in its place if it is to fail; by default that is an error of Docker's. So does
        `without` where there is no Docker Engine, or it ends meanwhile; by default with that error.
        """
        self.check()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        reply = Reply(self, future, docker=docker)
        missing = without or (lambda error, reply: reply.fail(error))
        fault = self._faults.of(operation)
        if fault is not None and fault.kind is Kind.FAIL:
            serve = partial(refuse or self._refused_by_docker, fault)
        if fault is not None and fault.kind is Kind.FAIL_AFTER:
            serve = _then(serve, partial(refuse or self._refused_by_docker, fault))

        def serve_if_there(reply: Reply[T]) -> None:
            if docker and not self.engine.running:
                missing(self.not_running(), reply)
            else:
                serve(reply)

        way = ONE_WAY + (fault.delay_s if fault is not None and fault.kind is Kind.DELAY else 0)
        asyncio.get_running_loop().call_later(way, self._arrived, fault, serve_if_there, reply, docker)

        def broken() -> None:
            self._look(lambda error: missing(error, reply))

        return await self._wait(future, broken if docker else None)

    async def pause(self, seconds: Seconds) -> None:
        """Let time pass while the engine works; does not return while it is frozen."""
        self.check()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def awake() -> None:
            if not future.done():
                future.set_result(None)

        def fail(error: DockerUnavailable) -> None:
            if not future.done():
                future.set_exception(error)

        asyncio.get_running_loop().call_later(seconds, lambda: self.engine.when_awake(awake))
        await self._wait(future, lambda: self._look(fail))

    def check(self) -> None:
        """Raise `HostLost` if the connection is gone."""
        if self.lost.is_set():
            raise self._error()

    def opened(self, end: Callable[[], None]) -> "Stream":
        """A stream of Docker's over this connection: `end` is called when it is cut off."""
        return Stream(self, end)

    def not_running(self) -> DockerNotRunning:
        """What is found out where there is no Docker Engine."""
        return DockerNotRunning(
            "the Docker daemon is not running", where=self.host, evidence=[NOBODY_LISTENS]
        )

    def _arrived(
        self, fault: Fault | None, serve: Callable[[Reply[T]], None], reply: Reply[T], docker: bool
    ) -> None:
        if fault is not None and fault.kind is Kind.LOSE:
            self.lose()
        if self.lost.is_set() or (fault is not None and fault.kind is Kind.HANG):
            return
        if fault is not None and fault.kind in (Kind.END_DOCKER, Kind.RESTART_DOCKER):
            self.engine.end()
        if fault is not None and fault.kind is Kind.RESTART_DOCKER:
            asyncio.get_running_loop().call_later(DOWN_S, self.engine.begin)

        def work() -> None:
            if fault is not None and fault.kind is Kind.HANG_AFTER:
                reply.drop()
            try:
                serve(reply)
            except BackstaffError as error:
                reply.fail(error)
            if fault is not None and fault.kind is Kind.LOSE_AFTER:
                self.lose()

        if docker:
            self.engine.when_awake(work)
        else:
            work()

    def _refused_by_docker(self, fault: Fault, reply: Reply[T]) -> None:
        reply.fail(DockerFailed(fault.text, status=fault.status, where=self.host))

    async def _wait(self, future: asyncio.Future[T], broken: Callable[[], None] | None) -> T:
        """`broken` is called if the engine ends first."""
        any_future: asyncio.Future[object] = future  # type: ignore[assignment]
        self._open.add(any_future)
        forget = self.engine.on_end(broken) if broken is not None else None
        try:
            return await future
        finally:
            self._open.discard(any_future)
            if forget is not None:
                forget()

    def _look(self, tell: Callable[[DockerUnavailable], None]) -> None:
        """A request was broken off: see after a moment why, and tell."""

        def look() -> None:
            broken_off = DockerUnavailable("the Docker Engine broke off the connection", where=self.host)
            tell(broken_off if self.engine.running else self.not_running())

        asyncio.get_running_loop().call_later(LOOK_S, look)

    def _error(self) -> HostLost:
        return HostLost(self.reason, where=self.host)


class Stream:
    """An answer of Docker's that goes on until it is closed, or cut off with the connection or the engine."""

    def __init__(self, wire: Wire, end: Callable[[], None]) -> None:
        self._wire = wire
        self._end = end
        self._ends_before = wire.engine.ends
        self._forget = wire.engine.on_end(end)
        wire.streams.add(end)

    def check(self) -> None:
        """Raise what has cut it off, if anything has."""
        self._wire.check()
        if self._wire.engine.ends != self._ends_before:
            raise DockerUnavailable("the stream ended", where=self._wire.host)

    def close(self) -> None:
        """The reader has gone."""
        self._wire.streams.discard(self._end)
        self._forget()
