"""Work that a cancellation may not cut short."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from backstaff.clock import Clock, Seconds

T = TypeVar("T")


async def uninterrupted(work: Coroutine[object, object, T]) -> T:
    """Do `work` to its end, and only then let a cancellation that came meanwhile through.

    `asyncio.shield` alone lets the caller go on at once, and so close the connection that the work still
    needs. `work` must have a deadline of its own. A second cancellation does not wait any more. What
    `work` raises is raised here, or is the cause of the cancellation that came meanwhile.
    """
    ended = asyncio.Event()
    results: list[T] = []
    failures: list[Exception] = []

    async def to_the_end() -> None:
        try:
            results.append(await work)
        except Exception as error:  # noqa: BLE001 - handed over below, whoever waits
            failures.append(error)
        finally:
            ended.set()

    try:
        await asyncio.shield(to_the_end())
    except asyncio.CancelledError as cancelled:
        await ended.wait()
        cancelled.__cause__ = next(iter(failures), None)
        raise
    if failures:
        raise failures[0]
    return results[0]


async def settled(work: Coroutine[object, object, T], clock: Clock, within_s: Seconds) -> T:
    """Do `work`. A cancellation that comes meanwhile lets it go on for `within_s` seconds at most, and comes
    through once it has ended. A second cancellation does not wait any more."""
    ended = asyncio.Event()
    timer: asyncio.Timeout | None = None
    until: Seconds | None = None

    async def to_the_end() -> T:
        nonlocal timer
        try:
            async with clock.timeout_at(until) as timer:
                return await work
        finally:
            ended.set()

    try:
        return await asyncio.shield(to_the_end())
    except asyncio.CancelledError:
        until = clock.now() + within_s
        if timer is not None and not ended.is_set():
            clock.reschedule(timer, until)
        await ended.wait()
        raise
