"""Work that goes on beside everything else and ends with the fleet."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType


class Tasks:
    """A task group whose tasks are cancelled at its end. An error in one of them ends the body too."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Begin work."""
        task = self._group.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if self._closing:
            task.cancel()
        return task

    async def __aenter__(self) -> "Tasks":
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        for task in self._running:
            task.cancel()
        if isinstance(error, asyncio.CancelledError):
            # Perhaps the group's own doing, because a task failed.
            await self._group.__aexit__(kind, error, trace)
        else:
            # Without the body's error, so that it stays as it is and is not wrapped into a group.
            await self._group.__aexit__(None, None, None)
