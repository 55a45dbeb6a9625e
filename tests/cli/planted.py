"""Secrets that are planted wherever a deploy meets text, and looked for in everything that it leaves."""

import base64
import html
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from tests.report.pages import Parsed

SECRETS = {
    "DB_PASSWORD": 'pl4nted "db" p$ss`w\\rd\'s/é+&<7>',
    "REGISTRY_PASSWORD": "registry-hunter-77",
    "BUILD_TOKEN": "build-token-4711",
    "SIGNING_KEY": "first-line-of-the-key\nsecond-line-of-the-key\nlast-line-of-the-key",
    "SHORT_ONE": "k\"7'$z",
    "UP_TOKEN": "token-of-the-check-9",
}
ARGUMENT = "argument-of-the-build-5"
"""A build argument: not a secret by itself, but never shown in a command line."""
LITERAL = "written-in-deploy.yml-6"
"""A password that stands in deploy.yml itself."""


def forms(secret: str) -> set[str]:
    """How a value turns up in what programs print."""
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    return {
        secret,
        *secret.splitlines(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        quoted,
        secret.replace("'", "'\\''"),
    }


NEEDLES = sorted({form for secret in [*SECRETS.values(), LITERAL] for form in forms(secret)} | {ARGUMENT})
SAID = "".join(f"it is {form}!\n" for secret in SECRETS.values() for form in sorted(forms(secret)))
"""What a program prints that shows all it knows, in all ways."""


def found_in(texts: Iterable[str]) -> set[str]:
    """The needles that are in any of the texts."""
    return {needle for text in texts for needle in NEEDLES if needle in text}


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
