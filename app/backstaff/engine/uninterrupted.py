"""Clean-up that a cancellation may not cut short."""

import asyncio
from collections.abc import Coroutine


async def uninterrupted(work: Coroutine[object, object, None]) -> None:
    """Do `work` to its end, and only then let a cancellation that came meanwhile through.

    `asyncio.shield` alone lets the caller go on at once, and so close the connection that the work still
    needs. `work` must have a deadline of its own. A second cancellation does not wait any more.
    """
    ended = asyncio.Event()

    async def to_the_end() -> None:
        try:
            await work
        finally:
            ended.set()

    try:
        await asyncio.shield(to_the_end())
    except asyncio.CancelledError:
        await ended.wait()
        raise
