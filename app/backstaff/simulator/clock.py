"""Simulated time: faster than the machine's by a factor, or skipped wherever nothing happens.

`ScaledClock` runs beside anything else in an event loop (a terminal interface, clients in other processes).
`SkippingClock` needs a loop of its own, `SkippingLoop`, in which both the hosts and their client run: time
passes as on the wall while anything is under way, be it a socket, a thread or a shell, and jumps to the
next timer as soon as nothing is. So a deadline is only ever reached by what really waited for it, however
slow the machine, and a wait of 30 s costs milliseconds. In a `standing` loop work takes no time at all: there
the time between two events is the sum of the waits between them, on any machine the same.
"""

import asyncio
import selectors
import time
from asyncio.events import AbstractEventLoop
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar, TypeVarTuple, Unpack

from backstaff.clock import Clock, LoopClock, Seconds

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_STILL_FOR: Seconds = 0.001
"""The kernel may take a moment to carry data from one socket of the process to another."""


class SimulationClock(Clock, Protocol):
    """A clock that is told about work it can not see."""

    def outside(self, change: int) -> None:
        """Work outside the event loop begins (+1) or ends (-1); time is not skipped while any is left."""


class ScaledClock:
    """The event loop's time, `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._began = datetime.now(UTC)
        self._began_at = time.monotonic()

    def now(self) -> Seconds:
        """Simulated seconds of the event loop's clock."""
        return asyncio.get_running_loop().time() * self._speed

    def wall(self) -> datetime:
        """The time of day on the simulated hosts; begins as the machine's."""
        return self._began + timedelta(seconds=(time.monotonic() - self._began_at) * self._speed)

    async def sleep(self, duration: Seconds) -> None:
        """Let simulated seconds pass."""
        await asyncio.sleep(duration / self._speed)

    def timeout_at(self, when: Seconds | None) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """A timeout at a simulated time."""
        return asyncio.timeout_at(None if when is None else when / self._speed)

    def reschedule(self, timer: asyncio.Timeout, when: Seconds) -> None:
        """Move a timeout to a simulated time."""
        timer.reschedule(when / self._speed)

    def outside(self, change: int) -> None:
        """Means nothing here: no time is skipped."""


class _SkippingSelector(selectors.DefaultSelector):
    """Waits for real as long as anything is under way, else lets time jump."""

    def __init__(self, *, standing: bool) -> None:
        super().__init__()
        self.skipped: Seconds = 0.0
        self.outside = 0
        self.standing = standing

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self.outside:
            return super().select(timeout)
        ready = super().select(0) or super().select(min(_STILL_FOR, timeout))
        if not ready:
            self.skipped += timeout if self.standing else max(0.0, timeout - _STILL_FOR)
        return ready


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop that skips the time in which nothing happens; if it is `standing`, it knows no other."""

    def __init__(self, *, standing: bool = False) -> None:
        self._skipping = _SkippingSelector(standing=standing)
        super().__init__(self._skipping)

    def time(self) -> Seconds:
        """All that was skipped, and unless it is standing the machine's monotonic time."""
        return self._skipping.skipped + (0.0 if self._skipping.standing else super().time())

    def outside(self, change: int) -> None:
        """Work outside this loop begins (+1) or ends (-1)."""
        self._skipping.outside += change

    def run_in_executor(  # type: ignore[override]  # typeshed has the default executor's type here
        self, executor: None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> "asyncio.Future[T]":
        """Run in a thread, whose time is not skipped."""
        future = super().run_in_executor(executor, func, *args)
        self.outside(+1)
        future.add_done_callback(lambda _: self.outside(-1))
        return future


class SkippingClock(LoopClock):
    """The time of the running `SkippingLoop`, and a time of day that goes with it."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC)
        self._began_at: Seconds | None = None

    def wall(self) -> datetime:
        """The time of day on the simulated hosts; begins as the machine's."""
        if self._began_at is None:
            self._began_at = self.now()
        return self._began + timedelta(seconds=self.now() - self._began_at)

    def outside(self, change: int) -> None:
        """Tell the loop."""
        loop: AbstractEventLoop = asyncio.get_running_loop()
        if not isinstance(loop, SkippingLoop):
            raise TypeError("a SkippingClock needs a SkippingLoop to run in")
        loop.outside(change)


def run_skipping(main: Coroutine[object, object, T], *, standing: bool = False) -> T:
    """Run `main` in a `SkippingLoop` and return its result."""
    with asyncio.Runner(loop_factory=lambda: SkippingLoop(standing=standing)) as runner:
        return runner.run(main)
