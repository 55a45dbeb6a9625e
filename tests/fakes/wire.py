"""One connection to a fake server: requests take time, and can go wrong in every way that real ones can."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from backstaff.clock import Seconds
from backstaff.errors import BackstaffError, DockerFailed, HostLost
from tests.fakes.faults import Fault, Kind

T = TypeVar("T")

ONE_WAY: Seconds = 0.005


class Engine:
    """Whether a server's Docker Engine answers. While it is frozen, requests pile up."""

    def __init__(self) -> None:
        self.frozen = False
        self._parked: list[Callable[[], None]] = []

    def freeze(self) -> None:
        """Stop answering; containers run on."""
        self.frozen = True

    def thaw(self) -> None:
        """Answer again, what was asked meanwhile first."""
        self.frozen = False
        parked, self._parked = self._parked, []
        for each in parked:
            each()

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

    def give(self, result: T) -> None:
        """Answer."""
        self._send(lambda: self._future.set_result(result))

    def fail(self, error: BackstaffError) -> None:
        """Answer with an error."""
        self._send(lambda: self._future.set_exception(error))

    def _send(self, arrive: Callable[[], None]) -> None:
        def deliver() -> None:
            if not self._future.done():
                arrive()

        def travel() -> None:
            asyncio.get_running_loop().call_later(ONE_WAY, deliver)

        if self._docker:
            self._wire.engine.when_awake(travel)
        else:
            travel()


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
        self._streams: set[Callable[[], None]] = set()

    def lose(self, reason: str = "connection reset by peer") -> None:
        """Cut it. Everything under way ends with `HostLost`."""
        if self.lost.is_set():
            return
        self.reason = reason
        self.lost.set()
        for future in list(self._open):
            if not future.done():
                future.set_exception(self._error())
        for end in list(self._streams):
            end()

    async def ask(
        self,
        operation: str,
        serve: Callable[[Reply[T]], None],
        *,
        refuse: Callable[[Fault, Reply[T]], None] | None = None,
        docker: bool = True,
    ) -> T:
        """Send one request, which the server serves after a while, and wait for its answer.

        `refuse` answers in its place if it is to fail; by default that is an error of Docker's.
        """
        self.check()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        reply = Reply(self, future, docker=docker)
        fault = self._faults.of(operation)
        if fault is not None and fault.kind is Kind.FAIL:
            serve = partial(refuse or self._refused_by_docker, fault)
        way = ONE_WAY + (fault.delay_s if fault is not None and fault.kind is Kind.DELAY else 0)
        asyncio.get_running_loop().call_later(way, self._arrived, fault, serve, reply, docker)
        return await self._wait(future)

    async def pause(self, seconds: Seconds) -> None:
        """Let time pass while the engine works; does not return while it is frozen."""
        self.check()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def awake() -> None:
            if not future.done():
                future.set_result(None)

        asyncio.get_running_loop().call_later(seconds, lambda: self.engine.when_awake(awake))
        await self._wait(future)

    def check(self) -> None:
        """Raise `HostLost` if the connection is gone."""
        if self.lost.is_set():
            raise self._error()

    def opened(self, end: Callable[[], None]) -> Callable[[], None]:
        """A stream over this connection: `end` is called when it is lost. Returns what forgets it."""
        self._streams.add(end)
        return lambda: self._streams.discard(end)

    def _arrived(
        self, fault: Fault | None, serve: Callable[[Reply[T]], None], reply: Reply[T], docker: bool
    ) -> None:
        if fault is not None and fault.kind is Kind.LOSE:
            self.lose()
        if self.lost.is_set() or (fault is not None and fault.kind is Kind.HANG):
            return

        def work() -> None:
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

    async def _wait(self, future: asyncio.Future[T]) -> T:
        any_future: asyncio.Future[object] = future  # type: ignore[assignment]
        self._open.add(any_future)
        try:
            return await future
        finally:
            self._open.discard(any_future)

    def _error(self) -> HostLost:
        return HostLost(self.reason, where=self.host)
