"""Followers that run beside a piece of work and end with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def alongside(*followers: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run `followers` while the body runs, and cancel them when it ends.

    The body's own error comes out as it is, not wrapped in a group. A follower's error cancels the body
    and comes out as an ExceptionGroup: followers are expected to report what they meet.
    """
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(follower) for follower in followers]
        try:
            yield
        except Exception as error:  # noqa: BLE001 - carried out of the group unwrapped, see below
            failure = error
        finally:
            for task in tasks:
                task.cancel()
    if failure is not None:
        raise failure
