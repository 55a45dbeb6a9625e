"""The shapes in which a secret turns up in what programs print."""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

from backstaff.events.inert import BREAKS, inert, readings

SHORTEST = 4
"""Secrets of which less can be seen, and shapes that are shorter, are too common to be told from other text.

No shape of such a secret is looked for, however long: `%5B%5D` is as common as the `[]` that it stands for.
Of four characters base64 makes six and hex eight, which by chance stand nowhere."""
_SHORTEST_LINE = 8
_SHORTEST_PART = 6
"""Bytes of which the inside of a longer base64 text can be told: seven or eight characters of it."""
_PASSWORD_IN_URL = re.compile(r"://[^\s/?#:@]*:([^\s/?#]+)@")
_SAFE_IN_URLS = ("", "/", "!'()*")
"""What is left as it is in the part of an URL: by nearly all, in paths, by browsers."""
_PERCENT = re.compile("%[0-9A-F]{2}")
_NEVER_QUOTED = re.compile(r"([^A-Za-z0-9_.,:+/@\n-])")
_URL_SAFE = str.maketrans("+/", "-_")
_FOR_HTML = {ord(each): f"\\u{ord(each):04x}" for each in "<>&"}
"""As Go writes JSON."""
_UNICODE = re.compile(r"(?<=\\u)[0-9a-f]{4}")
_INTERPOLATED = re.compile(r"#(?=[{$@])")
_QUOTES_IN_HTML = (
    ('"', "'"),
    ("&quot;", "'"),
    ("&quot;", "&#39;"),
    ("&quot;", "&#x27;"),
    ("&quot;", "&apos;"),
    ("&#34;", "&#39;"),
)
"""As text needs neither of them, and attributes need them, in Python, Ruby, XML and Go."""


def forms_of(secret: str) -> set[str]:
    """Every shape of `secret` that can be told from other text, as it is read: without anything invisible.

    None of a secret that is too short. The password in an URL is a secret by itself."""
    secret = secret.encode("utf-8", "replace").decode()
    passwords = _PASSWORD_IN_URL.findall(secret)
    values = {secret, *passwords, *map(unquote, passwords)}
    forms = {form for value in values if _seen(value) >= SHORTEST for form in _forms(value)}
    return {each for form in forms for each in readings(form) if len(each) >= SHORTEST}


def _seen(value: str) -> int:
    """How many characters of `value` can be seen."""
    return len(BREAKS.sub("", next(iter(readings(value)))))


def _forms(value: str) -> Iterator[str]:
    """What has something invisible in it may be printed without that, too."""
    for secret in {value, inert(value), *readings(value)}:
        yield secret
        yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
        yield from _quoted(secret)
        yield from _in_html(secret)
        yield from _in_urls(secret)
        yield from _in_shells(secret)
        yield from _in_base64(secret.encode())
        yield secret.encode().hex()
        yield secret.encode().hex().upper()


def _quoted(secret: str) -> Iterator[str]:
    """In JSON, in Python, and once more in what is itself quoted there, as in a log that is JSON."""
    for written in {*_in_json(secret), *_in_python(secret)}:
        yield written
        yield from _in_json(written)
        yield from _in_python(written)


def _in_json(secret: str) -> Iterator[str]:
    for written in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield from _digits_in_any_case(written)
        yield from _digits_in_any_case(written.translate(_FOR_HTML))
        yield written.replace("/", "\\/")


def _digits_in_any_case(written: str) -> Iterator[str]:
    yield written
    yield _UNICODE.sub(lambda found: found[0].upper(), written)


def _in_python(secret: str) -> Iterator[str]:
    """Between single quotes, and between double ones, where single ones stay as they are."""
    for written in (repr('"' + secret)[2:-1], ascii('"' + secret)[2:-1], repr(b'"' + secret.encode())[3:-1]):
        yield written
        yield written.replace("\\'", "'")


def _in_html(secret: str) -> Iterator[str]:
    escaped = html.escape(secret, quote=False)
    for double, single in _QUOTES_IN_HTML:
        yield escaped.replace('"', double).replace("'", single)


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
        yield _INTERPOLATED.sub(r"\\#", doubled)
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
