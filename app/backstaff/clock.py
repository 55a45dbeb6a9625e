"""Time, as one object that is passed in, so that tests and simulations can bring their own."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Protocol

Seconds = float


class Clock(Protocol):
    """Tells the time and lets time pass."""

    def now(self) -> Seconds:
        """Seconds on a scale that only grows; its zero means nothing."""
        ...

    def wall(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    async def sleep(self, duration: Seconds) -> None:
        """Let `duration` seconds pass."""
        ...

    def timeout_at(self, when: Seconds | None) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """Cancel the body at `when` on this clock's scale and raise TimeoutError; None never does."""
        ...

    def reschedule(self, timer: asyncio.Timeout, when: Seconds) -> None:
        """Move the end of a `timeout_at` body to `when` on this clock's scale."""


class LoopClock:
    """The running event loop's own time."""

    def now(self) -> Seconds:
        """Seconds of the event loop's clock."""
        return asyncio.get_running_loop().time()

    def wall(self) -> datetime:
        """The machine's time of day."""
        return datetime.now(UTC)

    async def sleep(self, duration: Seconds) -> None:
        """Sleep in the event loop."""
        await asyncio.sleep(duration)

    def timeout_at(self, when: Seconds | None) -> AbstractAsyncContextManager[asyncio.Timeout]:
        """The event loop's own timeout."""
        return asyncio.timeout_at(when)

    def reschedule(self, timer: asyncio.Timeout, when: Seconds) -> None:
        """Move the event loop's own timeout."""
        timer.reschedule(when)
