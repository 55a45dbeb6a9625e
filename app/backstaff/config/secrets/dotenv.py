"""The grammar of secrets files, which is that of Ruby's dotenv 3.2.

A line is `[export ]KEY=value` or `KEY: value`. A value is 'literal', "double-quoted" or bare up to a `#`;
quoted values may span lines. What matches no line is skipped, as Ruby does, but with a warning.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from backstaff.config.positions import Position
from backstaff.config.source_text import SourceText

_LINE = re.compile(
    r"""
    ^ [^\S\n]* (?P<export>export\s+)? (?P<key>[\w.]+)
    (?: (?:\s*=\s*?|:\s+?)
        (?P<value> \s*'(?:\\'|[^'])*' | \s*"(?:\\"|[^"])*" | [^\#\n]+ )?
    )?
    \s* (?:\#.*)? $
    """,
    re.VERBOSE | re.MULTILINE | re.ASCII,
)
_QUOTED = re.compile(r"(['\"])(.*)\1", re.DOTALL)
_BLANKS = " \t\n\v\f\r\0"
_BREAK = re.compile(r"\r\n?")
_IGNORED = re.compile(r"^[^\S\n]*([^\s#][^\n]*)$", re.MULTILINE)


class Quote(StrEnum):
    """How a value is quoted, which decides what is expanded in it."""

    NONE = ""
    SINGLE = "'"
    DOUBLE = '"'


@dataclass(frozen=True)
class DotenvEntry:
    """One assignment. `text` is the value without its quotes, nothing expanded yet."""

    key: str
    text: str
    quote: Quote
    position: Position


@dataclass(frozen=True)
class DotenvExport:
    """`export KEY` without a value, which demands that KEY was set above."""

    key: str
    position: Position


@dataclass(frozen=True)
class SkippedLine:
    """Text that is no assignment and no comment."""

    position: Position


DotenvItem = DotenvEntry | DotenvExport | SkippedLine


def parse_dotenv(file: Path, text: str) -> list[DotenvItem]:
    """Everything in a secrets file, in file order."""
    source = SourceText(file, _BREAK.sub("\n", text))
    items: list[DotenvItem] = []
    end = 0
    for match in _LINE.finditer(source.text):
        items += _skipped(source, end, match.start())
        items.append(_item(source, match))
        end = match.end()
    return [*items, *_skipped(source, end, len(source.text))]


def _item(source: SourceText, match: re.Match[str]) -> DotenvItem:
    place = source.position(match.start("key"))
    if match["export"] and match["value"] is None and not _has_separator(match):
        return DotenvExport(match["key"], place)
    text = (match["value"] or "").strip(_BLANKS)
    if quoted := _QUOTED.fullmatch(text):
        return DotenvEntry(match["key"], quoted[2], Quote(quoted[1]), place)
    return DotenvEntry(match["key"], text, Quote.NONE, place)


def _has_separator(match: re.Match[str]) -> bool:
    behind = match.string[match.end("key") : match.end()].lstrip()
    return behind.startswith(("=", ":"))


def _skipped(source: SourceText, start: int, end: int) -> Iterator[SkippedLine]:
    for match in _IGNORED.finditer(source.text, start, end):
        yield SkippedLine(source.position(match.start(1)))
