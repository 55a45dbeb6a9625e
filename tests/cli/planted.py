"""Secrets that are planted wherever a deploy meets text, and looked for in everything that it leaves."""

import base64
import codecs
import html
import json
import re
import shlex
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from tests.report.pages import Parsed

SECRETS = {
    "DB_PASSWORD": 'pl4nted "db" p$ss`w\\rd\'s/é+&<7>',
    "REGISTRY_PASSWORD": "registry-hunter-77",
    "BUILD_TOKEN": "build-token-4711",
    "SIGNING_KEY": "first-line-of-the-key\nsecond-line-of-the-key\nlast-line-of-the-key",
    "SHORT_ONE": "k\"7'$z",
    "DATABASE_URL": "postgres://app:pass%2Fin-the-url-8@db/app",
    "UP_TOKEN": "token-of-the-check-9",
}
ARGUMENT = "argument-of-the-build-5"
"""A build argument: not a secret by itself, but never shown in a command line."""
LITERAL = "written-in-deploy.yml-6"
"""A password that stands in deploy.yml itself."""
IN_URL = ("pass%2Fin-the-url-8", "pass/in-the-url-8")
"""The password in DATABASE_URL, as it is there and as it is given to the database."""
SHORTEST_BROKEN = 12
"""Of what is shorter the halves on two lines may be anything."""

UNSEEN = (
    "\x1b[1m",
    "\x1b[38;5;9m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://h/\x1b\\",
    "\x1b(B",
    "\x1b",
    "\x9b1m",
    "\x00",
    "\x08",
    "\r",
    "\u00ad",
    "\u200b",
    "\u200d",
    "\u202e",
    "\u2028",
    "\ufe0f",
    "\ufeff",
    "\U000e0041",
)
"""What can stand in a text without being seen there."""


def encoded(secret: str) -> Iterator[str]:
    """How a value turns up in what programs print, as the libraries for it write it."""
    data = secret.encode()
    yield secret
    yield json.dumps({"password": secret})
    yield json.dumps(json.dumps({"password": secret}))
    yield json.dumps(repr({"password": secret}))
    yield re.sub(r"\\u....", lambda found: "\\u" + found[0][2:].upper(), json.dumps(secret))
    yield repr(secret)
    yield ascii(f"\"{secret}'")
    yield repr(data)
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield json.dumps([secret], ensure_ascii=False).translate(
        {ord(each): f"\\u00{ord(each):x}" for each in "<>&"}
    )
    yield quote(secret, safe="")
    yield quote_plus(secret).lower()
    yield shlex.quote(secret)
    yield '"' + re.sub(r'([\\"$`])', r"\\\1", secret) + '"'
    yield from (base64.b64encode(b"x" * before + data + b"yz").decode() for before in range(3))
    yield base64.b64encode(b"user:" + data).decode()
    yield base64.urlsafe_b64encode(data).decode()
    yield codecs.encode(data, "hex").decode()
    yield data.hex().upper()


def with_unseen(secret: str) -> Iterator[str]:
    """A value with something in it that nobody sees: in the middle, and between all of its characters."""
    half = len(secret) // 2
    for unseen in UNSEEN:
        if unseen in "\r\u2028" and len(secret) < SHORTEST_BROKEN:
            continue
        yield secret[:half] + unseen + secret[half:]
    yield "\x1b[0m\u200b".join(secret)


def said(secret: str) -> Iterator[str]:
    """Lines of a program that shows a value in all ways. One of several lines it shows piece by piece."""
    yield from encoded(secret)
    for line in secret.splitlines():
        yield from with_unseen(line)
    yield from with_unseen(base64.b64encode(secret.encode()).decode())
    yield from with_unseen(secret.encode().hex())


SAID = "".join(f"it is {text}!\n" for secret in (*SECRETS.values(), *IN_URL) for text in said(secret))
_KNOWN = [
    *SECRETS.values(),
    *(line for secret in SECRETS.values() for line in secret.splitlines()),
    *IN_URL,
    LITERAL,
]
NEEDLES = sorted({ARGUMENT, *_KNOWN})
_MAY_ENCODE = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_BYTES = re.compile(r"(?:\\x[0-9a-f]{2})+")
_SEQUENCE = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|(?:\x1b\[|\x9b)[0-9;]*m|\x1b\(B")


def unseen_gone(text: str) -> str:
    """What is left to be seen of a text, on one line without any breaks."""
    return "".join(
        each
        for each in text
        if unicodedata.category(each) not in {"Cc", "Cf", "Zl", "Zp"} and not "\ufe00" <= each <= "\ufe0f"
    )


def _read(text: str) -> Iterator[str]:
    """All that can be made of a text by somebody who looks for secrets in it."""
    for seen in {unseen_gone(_SEQUENCE.sub("", text)), unseen_gone(text)}:
        yield seen
        yield unquote(seen)
        yield unquote_plus(seen)
        yield html.unescape(seen)
        plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), seen)
        plain = plain.replace("'\\''", "'").replace("'\"'\"'", "'")
        yield plain
        once = re.sub(r"\\(.)", r"\1", _BYTES.sub(_as_text, plain.replace("\\n", "")))
        yield once
        yield re.sub(r"\\(.)", r"\1", _BYTES.sub(_as_text, once))
        for run in _MAY_ENCODE.findall(seen):
            yield from _decoded(run)


def _as_text(found: re.Match[str]) -> str:
    """Bytes as Python shows them."""
    return bytes.fromhex(found[0].replace("\\x", "")).decode(errors="replace")


def _decoded(run: str) -> Iterator[str]:
    for first in range(4):
        piece = run[first:]
        with suppress(ValueError):
            data = base64.urlsafe_b64decode(re.sub(r"\+", "-", piece.replace("/", "_")) + "===")
            yield unseen_gone(data.decode(errors="replace"))
    for digits in re.findall(r"[0-9a-fA-F]{8,}", run):
        for first in range(2):
            pairs = re.findall("..", digits[first:])
            yield unseen_gone(bytes.fromhex("".join(pairs)).decode(errors="replace"))


def found_in(texts: Iterable[str]) -> set[str]:
    """The secrets that can be read in any of the texts, in any way."""
    sought = {unseen_gone(needle): needle for needle in NEEDLES}
    read = {each for text in set(texts) for each in _read(text)}
    return {needle for seen, needle in sought.items() for each in read if seen in each}


def texts_in(content: str) -> Iterator[str]:
    """Everything that can be read in some output or file: as it is, as JSON, and as a page."""
    yield content
    yield html.unescape(content)
    page = content.startswith("<!DOCTYPE html>")
    for line in content.splitlines():
        if line.startswith('{"') and not page:
            yield from _strings(json.loads(line))
    if page:
        parsed = Parsed(content)
        yield from _strings(json.loads(parsed.of("script")[0]))
        yield from (text for _, text in parsed.texts)
        yield from (value or "" for _, attributes in parsed.tags for value in attributes.values())


def files_in(directory: Path) -> dict[Path, list[str]]:
    """What can be read in all files of a directory, packed parts too."""
    return {path: list(_readable(path.read_bytes())) for path in directory.rglob("*") if path.is_file()}


def _readable(data: bytes) -> Iterator[str]:
    content = data.decode(errors="replace")
    packed = list(_unpacked(data))
    yield from (text for piece in packed for text in texts_in(piece.decode()))
    yield from [content] if packed else texts_in(content)


def _unpacked(data: bytes) -> Iterator[bytes]:
    """What zlib has packed anywhere in some data."""
    start = data.find(b"\x78\x01")
    while start >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data[start:])
        start = data.find(b"\x78\x01", start + 1)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for key, item in value.items():
                yield str(key)
                yield from _strings(item)
        case _:
            return
