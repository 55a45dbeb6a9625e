"""Following one container's output for the console, over a connection of its own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from backstaff.cli.backstage import Backstage
from backstaff.console.session import FollowedLine
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import connected
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.waits import broken_by
from backstaff.errors import BackstaffError
from backstaff.explain.bug import internal_error
from backstaff.hosts.protocol import Connector

LAST_LINES = 200
_MOST_AHEAD = 1_000
"""Lines that are read before they are shown."""

Line = FollowedLine | BackstaffError | None


@dataclass(frozen=True)
class Followed:
    """A container, and the way to it. `run` gives waits, limits and secrets; it is told to nobody."""

    run: RunContext
    connector: Connector
    host: str
    role: str
    container: str


async def follow(backstage: Backstage, followed: Followed) -> AsyncGenerator[FollowedLine, None]:
    """What the container writes, its last lines first, until this is closed or its output ends.

    Raises `BackstaffError`, also where there is no container to follow."""
    if not followed.container:
        raise BackstaffError(
            f"no container of {followed.role} runs on {followed.host} yet",
            fix="follow it once the run has created it",
        )
    lines: asyncio.Queue[Line] = asyncio.Queue(_MOST_AHEAD)
    # The connection is opened and closed in one task, whoever closes the generator, and when.
    reader = backstage.beside(_read_all(followed, lines))
    try:
        while (line := await lines.get()) is not None:
            if isinstance(line, BackstaffError):
                raise line
            yield line
    finally:
        reader.cancel()


async def _read_all(followed: Followed, lines: "asyncio.Queue[Line]") -> None:
    try:
        async with connected(followed.run, followed.connector, [followed.host]) as fleet:
            host = fleet[followed.host]
            await broken_by(host.breakers, lambda: _read(host, followed, lines))
    except BackstaffError as error:
        await lines.put(error)
    except Exception as bug:  # noqa: BLE001 - the boundary of the task: the run beside it goes on
        await lines.put(internal_error(bug))
    else:
        await lines.put(None)


async def _read(host: GuardedHost, followed: Followed, lines: "asyncio.Queue[Line]") -> None:
    output = host.docker.logs(followed.container, tail=LAST_LINES, follow=True)
    async with aclosing(output):
        async for line in output:
            text = followed.run.stream.redactor.text(line.text)
            await lines.put(FollowedLine(followed.host, followed.role, line.at, text, line.stream))
