"""The output of containers on many hosts, as one stream of lines."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from backstaff.engine.fleet import Fleet
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.waits import broken_by
from backstaff.engine.wanted_lines import ALL, LinePicker, Wanted
from backstaff.errors import BackstaffError
from backstaff.hosts.protocol import LogLine


@dataclass(frozen=True)
class LogSource:
    """One container on one host, and the role it runs (empty for the proxy)."""

    host: str
    role: str
    container: str


@dataclass(frozen=True)
class LogQuery:
    """Which lines of each source: `since` RFC 3339 or seconds since 1970, of those the last `lines`, and of
    those the `wanted` ones."""

    since: str = ""
    lines: int | None = None
    wanted: Wanted = ALL
    follow: bool = False


Tell = Callable[[LogSource, LogLine], None]


class ReaderGone(Exception):
    """Raised by whoever is told lines, to end the reading: nobody wants any more of them."""


async def read_logs(
    fleet: Fleet,
    sources: Sequence[LogSource],
    query: LogQuery,
    tell: Tell,
    tell_failure: Callable[[BackstaffError], None],
) -> None:
    """Hand over all lines of all sources, each source's in order, until all of them have ended.

    Without `follow` the lines of all sources are merged by time. A source that fails, or whose host is lost
    or frozen, is told of at once, each failure only once; the others go on. Ends early, without an error,
    when `tell` raises `ReaderGone`.
    """
    told: set[str] = set()
    collected: list[tuple[LogSource, LogLine]] = []
    take: Tell = tell if query.follow else lambda source, line: collected.append((source, line))

    async def read(source: LogSource) -> None:
        try:
            await _read(fleet[source.host], source, query, take)
        except BackstaffError as error:
            error.where = error.where or source.host
            # The containers of a host that is lost all fail alike.
            if str(error) not in told:
                told.add(str(error))
                tell_failure(error)

    try:
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(read(source))
        for source, line in sorted(collected, key=lambda each: each[1].at):
            tell(source, line)
    except* ReaderGone:
        pass


async def _read(host: GuardedHost, source: LogSource, query: LogQuery, tell: Tell) -> None:
    if query.follow:
        await broken_by([host.link, host.engine], lambda: _follow(host, source, query, tell))
        return
    found = await host.docker.read_logs(
        source.container, since=query.since, tail=query.lines, wanted=query.wanted
    )
    for line in found:
        tell(source, line)


async def _follow(host: GuardedHost, source: LogSource, query: LogQuery, tell: Tell) -> None:
    lines = host.docker.logs(source.container, since=query.since, tail=query.lines, follow=True)
    picker = LinePicker(query.wanted)
    async with aclosing(lines):
        async for line in lines:
            for wanted in picker.take(line):
                tell(source, wanted)
            if picker.is_done:
                return
