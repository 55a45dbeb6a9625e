"""What an engine tells without an end: container events, and what containers write."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime

from pydantic import TypeAdapter

from backstaff.hosts import docker_records as records
from backstaff.hosts.docker_http import DockerHttp, filters
from backstaff.hosts.docker_streams import FramedLog, TerminalLog
from backstaff.hosts.exec_ends import ExecEnds
from backstaff.hosts.line_buffer import LONGEST_LINE, LineBuffer
from backstaff.hosts.protocol import DockerEvent, LogLine

JSON_OBJECT: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])

_UNIX_TIME = re.compile(r"\d+(\.\d+)?")
_FRACTION = re.compile(r"\.(\d+)")


async def json_lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """The lines of a stream of JSON objects; empty ones are left out. Raises ValueError for one so long that
    it is no message of an engine, without waiting for its end."""
    buffer = LineBuffer()
    async for chunk in chunks:
        for line in buffer.feed(chunk):
            if line:
                yield line
        if buffer.too_long:
            raise ValueError(f"a message is longer than {LONGEST_LINE} bytes")
    if not buffer.empty:
        yield buffer.flush()


async def follow_events(http: DockerHttp, ends: ExecEnds) -> AsyncGenerator[DockerEvent, None]:
    """Events of containers as they happen; those of programs inside containers only tell `ends`.

    Raises EOFError when the engine ends the stream.
    """
    with ends.followed():
        async for event in _events(http):
            ends.note(event)
            if not event.action.startswith("exec_"):
                yield event
    raise EOFError("the stream of events ended")


async def _events(http: DockerHttp) -> AsyncGenerator[DockerEvent, None]:
    async with http.stream("GET", "events", params={"filters": filters(type=["container"])}) as response:
        async for line in json_lines(response.content.iter_any()):
            yield records.event(JSON_OBJECT.validate_json(line))


async def read_log(
    http: DockerHttp, container: str, *, terminal: bool, since: str, tail: int | None, follow: bool
) -> AsyncGenerator[LogLine, None]:
    """What a container wrote; with `follow` until it ends, and then what Docker kept back at the end."""
    newest = ""
    async for line in _read_log(http, container, terminal, _log_query(since, tail, follow=follow)):
        newest = max(newest, line.at)
        yield line
    if not follow:
        return
    # When a container dies, Docker often ends the stream before the last lines; they are what matters most.
    rest = _log_query(newest or since, None if newest else tail, follow=False)
    async for line in _read_log(http, container, terminal, rest):
        if line.at > newest:
            yield line


async def _read_log(
    http: DockerHttp, container: str, terminal: bool, query: Mapping[str, str]
) -> AsyncGenerator[LogLine, None]:
    log = TerminalLog() if terminal else FramedLog()
    async with http.stream("GET", f"containers/{container}/logs", params=query) as response:
        async for chunk in response.content.iter_any():
            for line in log.feed(chunk):
                yield line
    for line in log.rest():
        yield line


def _log_query(since: str, tail: int | None, *, follow: bool) -> dict[str, str]:
    query = {"stdout": "1", "stderr": "1", "timestamps": "1", "follow": "1" if follow else "0"}
    query["tail"] = "all" if tail is None else str(tail)
    if since:
        query["since"] = unix_time(since)
    return query


def unix_time(text: str) -> str:
    """Seconds since 1970 with all digits of the fraction, from those or from RFC 3339; ValueError."""
    if _UNIX_TIME.fullmatch(text):
        return text
    fraction = _FRACTION.search(text)
    whole = datetime.fromisoformat(_FRACTION.sub("", text))
    if whole.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return f"{int(whole.timestamp())}.{fraction[1] if fraction else '0'}"
