"""The shapes in which a secret turns up in what programs print."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from backstaff.events.inert import inert, readings

SHORTEST = 4
"""Shapes that are shorter are too common to be told from other text."""
_SHORTEST_LINE = 8
_SHORTEST_PART = 6
"""Bytes of which the inside of a longer base64 text can be told: seven or eight characters of it."""
_SAFE_IN_URLS = ("", "/", "!'()*")
"""What is left as it is in the part of an URL: by nearly all, in paths, by browsers."""
_PERCENT = re.compile("%[0-9A-F]{2}")
_NEVER_QUOTED = re.compile(r"([^A-Za-z0-9_.,:+/@\n-])")
_URL_SAFE = str.maketrans("+/", "-_")
_FOR_HTML = {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}
"""As Go writes JSON."""


def forms_of(secret: str) -> set[str]:
    """Every shape of `secret` that can be told from other text; none of a very short one may be left.

    A secret with something invisible in it is also known without that."""
    secret = secret.encode("utf-8", "replace").decode()
    spellings = {secret, inert(secret), *readings(secret)}
    forms = {form for each in spellings for form in _forms(each)}
    return {each for form in forms for each in (form, *readings(form)) if len(each) >= SHORTEST}


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
    yield from _in_json(secret)
    yield from _in_urls(secret)
    yield from _in_shells(secret)
    yield from _in_base64(secret.encode())
    if len(secret) >= SHORTEST:
        yield secret.encode().hex()
        yield secret.encode().hex().upper()


def _in_json(secret: str) -> Iterator[str]:
    for written in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield written
        yield written.translate(_FOR_HTML)
        yield written.replace("/", "\\/")


def _in_urls(secret: str) -> Iterator[str]:
    for quoted in (*(quote(secret, safe=safe) for safe in _SAFE_IN_URLS), quote_plus(secret)):
        yield quoted
        yield _PERCENT.sub(lambda found: found[0].lower(), quoted)


def _in_shells(secret: str) -> Iterator[str]:
    """Inside double quotes, as Ruby dumps a text too, inside single ones, and without any."""
    for written in (secret, json.dumps(secret, ensure_ascii=False)[1:-1].replace('\\"', '"')):
        doubled = secret.replace("\\", "\\\\") if written is secret else written
        doubled = doubled.replace('"', '\\"').replace("`", "\\`")
        yield doubled
        yield doubled.replace("$", "\\$")
    yield secret.replace("'", "'\\''")
    yield secret.replace("'", "'\"'\"'")
    yield _NEVER_QUOTED.sub(r"\\\1", secret)


def _in_base64(secret: bytes) -> Iterator[str]:
    """The secret alone, and as what can be told of it inside something longer, such as `user:secret`: bytes
    become characters by threes, so it depends on how many there are before it."""
    parts = [base64.b64encode(secret).decode().rstrip("=")]
    if len(secret) >= _SHORTEST_PART:
        for before, mixed in enumerate((0, 2, 3)):
            encoded = base64.b64encode(bytes(before) + secret).decode()
            parts.append(encoded[mixed : (before + len(secret)) * 8 // 6])
    for part in parts:
        yield part
        yield part.translate(_URL_SAFE)
