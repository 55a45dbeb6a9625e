"""Followers that run beside a piece of work and end with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


@asynccontextmanager
async def alongside(*followers: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Run `followers` while the body runs, and cancel them when it ends.

    The body's own error comes out as it is, not wrapped in a group, whatever became of the followers. A
    follower is expected to report what it meets; one that raises all the same cancels the body, and its
    error comes out as it is too.
    """
    failures: list[Exception] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(follower) for follower in followers]
            try:
                yield
            except Exception as error:  # noqa: BLE001 - carried out of the group unwrapped, see below
                failures.append(error)
            finally:
                for task in tasks:
                    task.cancel()
    except ExceptionGroup as group_error:
        failures.append(_innermost(group_error))
    if failures:
        raise failures[0]


def _innermost(error: Exception) -> Exception:
    """The first error that a group, or a group in it, holds."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
