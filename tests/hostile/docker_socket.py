"""A Docker socket on which anything but Docker answers, byte by byte."""

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

VERSION = json.dumps({"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}).encode()
_LENGTH = re.compile(rb"(?i)\r\nContent-Length: *(\d+)")
CHUNK = 64 * 1024
OK = b"HTTP/1.1 200 OK\r\n"
JSON = b"Content-Type: application/json\r\n"

HTML = b"Content-Type: text/html\r\n"
TEXT = b"Content-Type: text/plain\r\n"

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def says(*pieces: bytes, then_hangs: bool = False) -> Answer:
    """Sends these bytes, and closes the connection or keeps it."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_hangs:
            await asyncio.Event().wait()

    return answer


def never_ends(start: bytes, again: bytes) -> Answer:
    """Sends `again` and again, as fast as it is taken."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()

    return answer


def trickles(start: bytes, again: bytes) -> Answer:
    """Sends `again` and again, slowly."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.05)

    return answer


def whole(body: bytes, *, status: bytes = b"200 OK", headers: bytes = JSON) -> bytes:
    """A sound answer."""
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body)


def last(body: bytes, *, status: bytes = b"200 OK", headers: bytes = JSON) -> Answer:
    """Sends a sound answer, and lets the client know that it is the last of this connection."""
    return says(whole(body, status=status, headers=headers + b"Connection: close\r\n"))


def _bomb() -> bytes:
    """Half a gigabyte of JSON in a few bytes."""
    body = gzip.compress(b"[" + b" " * (1 << 29), compresslevel=1)
    return whole(body, headers=JSON + b"Content-Encoding: gzip\r\n")


PAGE = b"<!doctype html><html><body><h1>502 Bad Gateway</h1>" + b"<p>nginx</p>" * 2000
CHUNKED = OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
GARBAGE = bytes(range(256)) * 64

GARBLED: dict[str, Answer] = {
    "garbage": says(GARBAGE),
    "garbage-without-end": never_ends(b"", GARBAGE),
    "garbage-after-a-status": says(OK + GARBAGE),
    "another-protocol": says(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "nothing-and-an-end": says(),
    "half-a-status": says(b"HTTP/1."),
    "a-header-without-end": never_ends(OK + b"X: ", b"a" * CHUNK),
    "headers-without-end": never_ends(OK, b"X-a: b\r\n" * 4096),
    "a-body-without-end": never_ends(CHUNKED, b"%x\r\n" % CHUNK + b"[" * CHUNK + b"\r\n"),
    "json-without-end": never_ends(OK + JSON + b"\r\n", b'[{"a":' * 8192),
    "deep-json": last(b"[" * 200_000),
    "a-length-that-is-a-lie": says(OK + JSON + b"Content-Length: 1000\r\n\r\n[{}"),
    "a-length-that-is-none": says(OK + JSON + b"Content-Length: -5\r\n\r\n[]"),
    "a-chunk-that-is-none": says(CHUNKED + b"zz\r\n[]\r\n"),
    "half-a-chunked-answer": says(CHUNKED + b"5\r\n[{}"),
    "an-error-as-a-page": last(PAGE, status=b"502 Bad Gateway", headers=HTML),
    "an-error-in-other-words": last(b'{"error": 7}', status=b"409 Conflict"),
    "an-error-without-words": last(b"", status=b"500 Internal Server Error"),
    "a-page": last(PAGE, headers=HTML),
    "not-found": last(b'{"message":"page not found"}', status=b"404 Not Found"),
    "not-found-in-plain-words": last(b"404 page not found\n", status=b"404 Not Found", headers=TEXT),
    "not-found-as-a-page": last(PAGE, status=b"404 Not Found", headers=HTML),
    "a-redirect-in-a-circle": last(b"", status=b"302 Found", headers=b"Location: /version\r\n"),
    "a-gzip-that-is-none": last(b"not gzip", headers=JSON + b"Content-Encoding: gzip\r\n"),
    "not-utf-8": last(b'"\xff\xfe"'),
    "nothing-at-all": last(b"", headers=b""),
    "an-empty-object": last(b"{}"),
    "null": last(b"null"),
    "numbers": last(b"[1, NaN, 1e999]"),
    "wrong-types": last(b'{"Version": [], "ApiVersion": {}, "Id": 1}'),
    "no-version": last(b'{"Version": "x", "ApiVersion": "banana", "MinAPIVersion": "9.9.9"}'),
    "an-api-that-is-too-new": last(b'{"Version": "99.0", "ApiVersion": "1.99", "MinAPIVersion": "1.60"}'),
    "an-api-that-is-too-old": last(b'{"Version": "1.9.1", "ApiVersion": "1.21"}'),
}
"""Answers that end, or never stop: each is noticed by what it is."""

SILENT: dict[str, Answer] = {
    "silence": says(then_hangs=True),
    "half-a-header": says(OK + b"Content-Ty", then_hangs=True),
    "a-switch-of-protocols-without-a-word": says(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n", then_hangs=True
    ),
    "a-body-that-never-comes": says(OK + JSON + b"Content-Length: 2\r\n\r\n", then_hangs=True),
    "a-body-that-trickles": trickles(CHUNKED, b"1\r\n[\r\n"),
    "headers-that-trickle": trickles(OK, b"X-a: b\r\n"),
}
"""Answers that only a deadline can end."""


@dataclass
class GarbledDocker:
    """Answers every request alike, but those that open a session properly while `knows_its_version`."""

    answer: Answer
    knows_its_version: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if length := _LENGTH.search(head):
                    await reader.readexactly(int(length[1]))
                if self.knows_its_version and head.startswith((b"GET /version ", b"GET /_ping ")):
                    writer.write(whole(VERSION))
                    continue
                await self.answer(writer)
                return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def garbled_docker(path: Path, answer: Answer) -> AsyncIterator[GarbledDocker]:
    """Listen on a unix socket; whoever still hangs on it is let go at the end."""
    docker = GarbledDocker(answer)
    serving: set[asyncio.Task[None]] = set()
    over = asyncio.Event()
    over.set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        over.clear()
        try:
            await docker.serve(reader, writer)
        except asyncio.CancelledError:
            return
        finally:
            serving.discard(task)
            if not serving:
                over.set()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield docker
    finally:
        server.close()
        for task in tuple(serving):
            task.cancel()
        await over.wait()


def bomb() -> Answer:
    """A small answer that is a large one."""
    return says(_bomb())
