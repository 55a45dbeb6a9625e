"""A gigabyte of a container's log, from Docker's socket to the journal: what is read of it is not kept, and
what is not read is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from backstaff.engine.guarded import GuardedHost
from backstaff.engine.output import GAP, RESUMED_LINES, OutputTail
from backstaff.engine.output_budget import CONTAINER
from backstaff.events.bounded import LONGEST_TEXT
from backstaff.events.journal import JournalWriter
from backstaff.events.types import Event, Notice, Output
from backstaff.hosts import docker_socket
from backstaff.hosts.line_buffer import CUT_MARK, LONGEST_LINE
from tests.hostile.hosts import guarded_host
from tests.hostile.memory import added_memory
from tests.hostile.test_output import AT, INSPECTED, LONGEST_MESSAGE
from tests.hosts.fake_docker import fake_docker, frame
from tests.hosts.ssh_server import ServerSettings, ServerState

GIGABYTE = 10**9
BLOCK = 10**6
SOCKET = "docker.sock"
MOST_MEMORY = 128 * 1024 * 1024
MOST_READ = 32 * 1024 * 1024
"""Buffers of sockets and of SSH between the one who writes and the one who has stopped to read."""
FEWEST_CALLS = 50
"""Answered while the gigabyte comes, so one for each 20 MB of it."""


@dataclass
class Log:
    """What Docker sends when it is asked for all of a log, and for the last of its lines. Then the container
    lives on and writes no more."""

    pieces: Callable[[], Iterator[bytes]]
    last: bytes = b""
    sent: int = 0
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        tail = request.query["tail"]
        self.asked.append(tail)
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        try:
            for piece in self.pieces() if tail == "all" else (self.last,):
                await response.write(piece)
                self.sent += len(piece)
        except ConnectionError:
            return response
        await asyncio.Event().wait()
        return response


@dataclass
class Following:
    """A container that is followed as a deploy does it, and what comes of it."""

    host: GuardedHost
    journal: Path
    told: list[str]

    async def other_calls_until(self, condition: Callable[[], bool]) -> int:
        """How many other calls the host answers until then."""
        answered = 0
        while not condition():
            assert await self.host.docker.containers() == []
            answered += 1
            await asyncio.sleep(0.01)
        return answered


@asynccontextmanager
async def following(
    log: Log, server: ServerState, known_hosts: Path, directory: Path
) -> AsyncIterator[Following]:
    """Follow a container with this log over SSH, and keep what is told in a journal."""
    told: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event.body, Output | Notice):
            told.append(event.body.text)

    journal = JournalWriter(directory / "runs", "a-run", told.append)
    async with (
        fake_docker(directory / SOCKET) as docker,
        guarded_host(server, known_hosts, [note, journal]) as (context, host),
        asyncio.TaskGroup() as group,
    ):
        docker.says("GET /containers/abc/json", INSPECTED)
        docker.says("GET /containers/json", [])
        docker.answers["GET /containers/abc/logs"] = log.answer
        follower = group.create_task(OutputTail(context, host, "web").follow("abc"))
        yield Following(host, journal.path, told)
        follower.cancel()
    journal.close()


@pytest.fixture(autouse=True)
def _own_socket(settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.docker_socket = tmp_path / SOCKET
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))


def part_of_a_line() -> bytes:
    """A block of messages as Docker makes them of a line that is longer than one."""
    at = AT.format(0).encode() + b" "
    message = frame(1, at + b"x" * LONGEST_MESSAGE)
    whole, left = divmod(BLOCK, len(message))
    return message * whole + frame(1, at + b"x" * (left - len(frame(1, at))))


LONG_LINES = 20
"""Few enough to be recorded at once, each cut."""


async def test_a_gigabyte_in_few_lines_is_read_and_not_kept(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    block = part_of_a_line()
    assert len(block) == BLOCK

    def pieces() -> Iterator[bytes]:
        for number in range(LONG_LINES):
            yield frame(1, AT.format(number).encode() + b" line %d " % number)
            for _ in range(GIGABYTE // BLOCK // LONG_LINES):
                yield block
            yield frame(1, AT.format(number).encode() + b" \n")

    assert CONTAINER.characters > LONG_LINES * LONGEST_TEXT
    log = Log(pieces)
    with added_memory() as added:
        async with following(log, server, known_hosts, tmp_path) as run:
            answered = await run.other_calls_until(lambda: len(run.told) == LONG_LINES)
        assert added() < MOST_MEMORY

    assert log.sent > GIGABYTE
    assert log.asked == ["all"], "it was read in one go"
    assert answered > FEWEST_CALLS
    left_out = LONGEST_LINE + len(CUT_MARK) - LONGEST_TEXT
    for number, text in enumerate(run.told):
        assert text.startswith(f"line {number} xxx")
        assert text.endswith(f" […{left_out:,} more characters left out]")
        assert len(text) < LONGEST_TEXT + 100
    assert run.journal.stat().st_size < 2 * LONG_LINES * LONGEST_TEXT


LINES_IN_A_BLOCK = 10_000
"""Twice as many as are recorded at once, so that no number is told twice."""
LINES = LINES_IN_A_BLOCK * (GIGABYTE // BLOCK)


def text_of(number: int) -> str:
    """As long as makes a hundred bytes of every line."""
    return f"line {number} ".ljust(60, "x")


def a_line(number: int, at: int) -> bytes:
    """As Docker sends it."""
    return frame(1, f"{AT.format(at)} {text_of(number)}\n".encode())


async def test_of_a_gigabyte_of_lines_the_most_is_not_read_and_that_is_told(
    server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    block = b"".join(a_line(number, 0) for number in range(LINES_IN_A_BLOCK))
    assert len(block) == BLOCK
    newest = range(LINES - RESUMED_LINES, LINES)
    log = Log(
        lambda: (block for _ in range(GIGABYTE // BLOCK)),
        last=b"".join(a_line(number, number) for number in newest),
    )
    with added_memory() as added:
        async with following(log, server, known_hosts, tmp_path) as run:
            await run.other_calls_until(lambda: run.told[-1:] == [text_of(LINES - 1)])
        assert added() < MOST_MEMORY

    assert log.asked == ["all", str(RESUMED_LINES)]
    assert log.sent < MOST_READ, "the rest was not asked for"
    recorded = run.told.index(GAP)
    assert recorded >= CONTAINER.lines
    assert run.told == [*map(text_of, range(recorded)), GAP, *map(text_of, newest)]
