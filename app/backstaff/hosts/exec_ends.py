"""How programs inside containers ended, as Docker's events tell it: sooner than it could be asked."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from backstaff.hosts.protocol import DockerEvent

_TOLD_WITHIN_S = 0.05
"""The event and the end of the program's output come at the same time, over different channels."""


class ExecEnds:
    """Exit codes by the id that Docker gave the program. Known only while somebody follows the events."""

    def __init__(self) -> None:
        self._followers = 0
        self._awaited: dict[str, asyncio.Future[int]] = {}

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Events are followed, and given to `note`, while this is open."""
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1

    def note(self, event: DockerEvent) -> None:
        """Take in what an event tells."""
        end = self._awaited.get(event.attributes.get("execID", ""))
        code = event.attributes.get("exitCode", "")
        if event.action == "exec_die" and end is not None and not end.done() and code.isdecimal():
            end.set_result(int(code))

    @contextmanager
    def awaited(self, program: str) -> Iterator["asyncio.Future[int]"]:
        """The exit code of a program that has not been started yet, once it is told."""
        end = self._awaited[program] = asyncio.get_running_loop().create_future()
        try:
            yield end
        finally:
            del self._awaited[program]
            end.cancel()

    async def told(self, end: "asyncio.Future[int]") -> int | None:
        """The exit code of a program whose output has ended; None if it has to be asked for."""
        if not self._followers:
            return None
        await asyncio.wait([end], timeout=_TOLD_WITHIN_S)
        return end.result() if end.done() else None
