"""What the end of a run asks of each host, asked already while other hosts still boot.

Only the lock's holder changes what is asked for, so an answer stays good once the host's part is over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from backstaff.clock import Clock, Seconds
from backstaff.engine.guarded import GuardedHost
from backstaff.errors import BackstaffError

T = TypeVar("T")

AFTER_S: Seconds = 1.0
"""How long a host is left alone when its part is over. Right then others boot that waited for it, perhaps on
the same machine."""


class Ahead(Generic[T]):
    """One question to several hosts. `work` asks a host, and raises `BackstaffError` if that fails; it has a
    deadline of its own, so whoever waits for an answer has one too."""

    def __init__(self, clock: Clock, work: Callable[[GuardedHost], Awaitable[T]]) -> None:
        self._clock = clock
        self._work = work
        self._asked: dict[str, asyncio.Future[T | BackstaffError]] = {}
        self._wanted: asyncio.Queue[GuardedHost] = asyncio.Queue()
        self._ended = asyncio.Event()

    def ask_soon(self, host: GuardedHost) -> None:
        """Ask `host` in a while, unless the time for that has ended by then."""
        self._asked[host.name] = asyncio.get_running_loop().create_future()
        self._wanted.put_nowait(host)

    def end(self) -> None:
        """Ask nobody ahead any more; who was not asked is asked when the answer is needed."""
        self._ended.set()

    async def follow(self) -> None:
        """Ask those that are to be asked, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._ask(await self._wanted.get()))

    async def of(self, host: GuardedHost) -> T:
        """The answer of `host`, which is asked now if it was not ahead. Raises what its asking met."""
        asked = self._asked.get(host.name)
        if asked is not None:
            await asyncio.wait([asked])
        if asked is None or asked.cancelled():
            return await self._work(host)
        answer = asked.result()
        if isinstance(answer, BackstaffError):
            raise answer
        return answer

    async def _ask(self, host: GuardedHost) -> None:
        answer = self._asked[host.name]
        try:
            if await self._in_time():
                answer.set_result(await self._work(host))
        except BackstaffError as error:
            answer.set_result(error)
        finally:
            if not answer.done():
                answer.cancel()

    async def _in_time(self) -> bool:
        """Let the while pass; whether there is still time then to ask."""
        try:
            async with self._clock.timeout_at(self._clock.now() + AFTER_S):
                await self._ended.wait()
        except TimeoutError:
            return True
        return False
