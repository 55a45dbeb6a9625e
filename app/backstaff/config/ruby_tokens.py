"""Splits the small Ruby expressions found in deploy.yml into tokens."""

import re
from dataclasses import dataclass
from enum import StrEnum


class UnsupportedRuby(Exception):
    """The expression uses more of Ruby than is understood here."""


class Kind(StrEnum):
    """What a token is."""

    TEXT = "text"
    TEMPLATE = "template"
    COMMAND = "command"
    PATTERN = "pattern"
    NUMBER = "number"
    WORD = "word"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    """One token; for quoted kinds `text` is what stands between the quotes, escapes untouched."""

    kind: Kind
    text: str


_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!]?")
_NUMBER = re.compile(r"\d+")
_SIGN = re.compile(r"&\.|\|\||&&|==|!=|=~|[\[\](){}.,?:!+]")
_QUOTED = {"'": Kind.TEXT, '"': Kind.TEMPLATE, "`": Kind.COMMAND, "/": Kind.PATTERN}
_INTERPOLATING = frozenset('"`/')
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_PERCENT = {"%x": Kind.COMMAND, "%q": Kind.TEXT, "%Q": Kind.TEMPLATE}


def tokens_of(source: str) -> list[Token]:
    """Every token of an expression, closed by an END token. Raises UnsupportedRuby."""
    found: list[Token] = []
    offset = 0
    while offset < len(source):
        if space := _SPACE.match(source, offset):
            offset = space.end()
            continue
        token, offset = _next(source, offset)
        found.append(token)
    return [*found, Token(Kind.END, "")]


def _next(source: str, offset: int) -> tuple[Token, int]:
    char = source[offset]
    if char in _QUOTED:
        text, after = _until(source, offset + 1, char, char)
        return Token(_QUOTED[char], text), after
    if source[offset : offset + 2] in _PERCENT:
        return _percent_literal(source, offset)
    for kind, pattern in ((Kind.NUMBER, _NUMBER), (Kind.WORD, _WORD), (Kind.SIGN, _SIGN)):
        if match := pattern.match(source, offset):
            return Token(kind, match[0]), match.end()
    raise UnsupportedRuby(f"unexpected {char}")


def _percent_literal(source: str, offset: int) -> tuple[Token, int]:
    opening = source[offset + 2 : offset + 3]
    if not opening or opening.isalnum() or opening.isspace():
        raise UnsupportedRuby("unexpected %")
    text, after = _until(source, offset + 3, opening, _CLOSING.get(opening, opening))
    return Token(_PERCENT[source[offset : offset + 2]], text), after


def _until(source: str, start: int, opening: str, closing: str) -> tuple[str, int]:
    """Text up to the closing quote that belongs to the opening one, and the offset behind it."""
    depth, offset = 1, start
    while offset < len(source):
        char = source[offset]
        if char == "\\":
            offset += 2
            continue
        if opening in _INTERPOLATING and source.startswith("#{", offset):
            offset = _until(source, offset + 2, "{", "}")[1]
            continue
        if char == closing:
            depth -= 1
            if depth == 0:
                return source[start:offset], offset + 1
        elif char == opening:
            depth += 1
        offset += 1
    raise UnsupportedRuby(f"unclosed {opening}")


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b", "0": "\0"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SINGLE_ESCAPE = re.compile(r"\\([\\'])")


def unescape_single(text: str) -> str:
    """Value of a single-quoted literal."""
    return _SINGLE_ESCAPE.sub(r"\1", text)


def unescape_double(text: str) -> str:
    """Value of the parts of a double-quoted literal that are not interpolated."""
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), text)


def template_parts(text: str) -> list[tuple[bool, str]]:
    """Splits a double-quoted literal into (is an expression, source) pairs at each `#{…}`."""
    parts: list[tuple[bool, str]] = []
    offset = literal_start = 0
    while offset < len(text):
        if text[offset] == "\\":
            offset += 2
        elif text.startswith("#{", offset):
            inner, after = _until(text, offset + 2, "{", "}")
            parts += [(False, text[literal_start:offset]), (True, inner)]
            offset = literal_start = after
        else:
            offset += 1
    return [*parts, (False, text[literal_start:])]
