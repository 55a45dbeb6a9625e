"""What surrounds Kamal's own words in a file: a terminal's colours, a CI system's times and groups.

Nothing here knows what Kamal prints. A line of the file becomes one `Line` or, where carriage returns
overwrote parts of it, several.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from backstaff.events.bounds import can_be


class Wrapping(StrEnum):
    """What kind of file holds Kamal's output."""

    PLAIN = "plain text"
    TERMINAL = "terminal capture"
    GITHUB = "GitHub Actions log"
    GITLAB = "GitLab CI log"
    STAMPED = "log with times"


class Mark(StrEnum):
    """Lines that the surroundings wrote, not Kamal."""

    OPENS = "opens"
    CLOSES = "closes"
    COMMAND = "command"
    CANCELLED = "cancelled"
    EXIT = "exit"


@dataclass(frozen=True)
class Line:
    """A line without its wrapping. `at` is the time that the file gives for it.

    With a `mark` the text is what the mark says: a command line, an exit code."""

    text: str
    at: datetime | None = None
    mark: Mark | None = None


_DAY = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_GITHUB = re.compile(rf"(?:[^\t]*\t[^\t]*\t)?\ufeff?(?P<at>{_DAY}\.\d{{7}}Z) ?(?P<text>.*)", re.DOTALL)
_GITLAB = re.compile(
    rf"(?P<at>{_DAY}\.\d{{6}}Z) [0-9a-f]{{2}}[OE](?P<more>[ +]?)(?P<text>.*)", re.DOTALL | re.IGNORECASE
)
_STAMPED = re.compile(
    rf"\[?(?P<at>{_DAY}(?:[.,]\d+)?(?: ?Z| ?[+-]\d\d:?\d\d)?)\]?(?:: |[ \t]|$)(?P<text>.*)", re.DOTALL
)
_STAMPS = {Wrapping.GITHUB: _GITHUB, Wrapping.GITLAB: _GITLAB, Wrapping.STAMPED: _STAMPED}

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links, what a CI system hides in the text
    r"|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]"
)
_SECTION = re.compile(r"section_(?P<which>start|end):(?P<at>\d{1,11}):[\w.-]+(?:\[[^\]]*\])?")
_SCRIPT = re.compile(rf"Script (?P<which>started|done) on (?P<at>{_DAY}[+-]\d\d:\d\d)(?P<rest>.*)")
_SCRIPT_COMMAND = re.compile(r'\[COMMAND="(?P<command>[^"]*)"')
_SCRIPT_EXIT = re.compile(r'\[COMMAND_EXIT_CODE="(?P<code>\d{1,5})"\]')
_GROUP = re.compile(r"(?:##\[group\]|::group::)(?P<title>.*)")
_COMMAND = re.compile(
    r"(?:Run |\[command\]|\S*[$#+\u276f\u279c>%] (?:.* )?)?(?:bundle exec +)?(?:\S*/)?"
    r"(?P<command>kamal +[a-z].*)"
)
_CANCELLED = re.compile(
    r"##\[error\](?:The operation was canceled|The runner has received a shutdown signal"
    r"|.*was canceled because|The job running on runner .* has exceeded the maximum execution time)"
    r"|ERROR: Job failed(?: \(system failure\))?: (?:canceled|aborted|execution took longer than)"
    r"|(?:Build|Pipeline|Job) (?:was )?(?:aborted|cancell?ed)\b",
    re.IGNORECASE,
)
_EXIT = re.compile(
    r"(?:##\[error\]Process completed with exit code|ERROR: Job failed: exit (?:code|status))"
    r" (?P<code>\d{1,5})"
)

_MAY_BE_MARK = re.compile(r"section_|script |##\[|::|error: job|build|pipeline|job", re.IGNORECASE)
"""How a line begins that may have a mark in it; others can have one only if they name Kamal."""

_MOSTLY = 0.6
"""How many of the lines must have a time before it counts as the file's own: lines of one log may be quoted
in another."""

_SOME = 0.2
"""How many of the lines must have colours for a terminal: Kamal's last error is red in a file, too."""


def detect(lines: Sequence[str]) -> Wrapping:
    """What kind of file begins with these lines, as they are in it."""
    told = [line for line in lines if line.strip()]
    for wrapping, stamp in _STAMPS.items():
        if told and sum(stamp.match(line) is not None for line in told) >= _MOSTLY * len(told):
            return wrapping
    if any(_SECTION.search(line) for line in told):
        return Wrapping.GITLAB
    coloured = sum("\x1b[" in line for line in told)
    if coloured > _SOME * len(told) or (told and _SCRIPT.match(told[0])):
        return Wrapping.TERMINAL
    return Wrapping.PLAIN


def unwrapped(lines: Iterable[str], wrapping: Wrapping) -> Iterator[Line]:
    """The lines of a file without their wrapping, one file line after the other.

    Line ends of every system go, escape sequences too; tabs and all other text stay."""
    held: Line | None = None
    for raw in lines:
        line, continues = _stamped(raw.rstrip("\r\n"), wrapping)
        if held is not None and continues:
            held = replace(held, text=held.text + line.text)
            continue
        if held is not None:
            yield from _parts(held)
        held = line
    if held is not None:
        yield from _parts(held)


def _stamped(raw: str, wrapping: Wrapping) -> tuple[Line, bool]:
    """A line with the file's own time for it, and whether it continues the line before."""
    stamp = _STAMPS.get(wrapping)
    found = stamp.match(_ESCAPES.sub("", raw) if "\x1b" in raw[:12] else raw) if stamp else None
    if found is None:
        return Line(raw.removeprefix("\ufeff")), False
    continues = found.groupdict().get("more") == "+"
    return Line(found["text"], _time(found["at"])), continues


def _parts(line: Line) -> Iterator[Line]:
    """What a line shows after each carriage return in it, and the marks in it; an empty line stays one."""
    text = line.text
    if "\x1b" not in text and "\x9b" not in text and "\r" not in text:
        # Nearly all lines are like this, and there may be a million of them.
        yield _marked(line)
        return
    for part in [part for part in _ESCAPES.sub("", text).split("\r") if part] or [""]:
        yield _marked(replace(line, text=part))


def _marked(line: Line) -> Line:
    text = line.text
    if "kamal " not in text and not _MAY_BE_MARK.match(text):
        return line
    if section := _SECTION.match(text):
        began = datetime.fromtimestamp(int(section["at"]), UTC)
        at = began if can_be(began) else None
        rest = text[section.end() :]
        return Line(rest, line.at or at, Mark.OPENS if section["which"] == "start" else Mark.CLOSES)
    if script := _SCRIPT.fullmatch(text):
        return _script(script)
    if group := _GROUP.match(text):
        command = _COMMAND.fullmatch(group["title"])
        return Line(command["command"] if command else group["title"], line.at, _opens(bool(command)))
    if text.startswith(("##[endgroup]", "::endgroup::")):
        return Line(text, line.at, Mark.CLOSES)
    if exited := _EXIT.match(text):
        return Line(exited["code"], line.at, Mark.EXIT)
    if _CANCELLED.match(text):
        return Line(text, line.at, Mark.CANCELLED)
    if "kamal " in text and (command := _COMMAND.fullmatch(text)):
        return Line(command["command"], line.at, Mark.COMMAND)
    return line


def _opens(command: bool) -> Mark:
    return Mark.COMMAND if command else Mark.OPENS


def _script(found: re.Match[str]) -> Line:
    """The first and the last line of what the program `script` keeps."""
    at = _time(found["at"])
    if found["which"] == "done":
        code = _SCRIPT_EXIT.search(found["rest"])
        return Line(code["code"], at, Mark.EXIT) if code else Line(found[0], at, Mark.CLOSES)
    command = _SCRIPT_COMMAND.search(found["rest"])
    known = _COMMAND.fullmatch(command["command"]) if command else None
    return Line(known["command"], at, Mark.COMMAND) if known else Line(found[0], at, Mark.OPENS)


def _time(text: str) -> datetime | None:
    """A time as it stands in a file, in UTC; that of a file without a zone is taken to be UTC."""
    digits = re.sub(r"([.,]\d{6})\d+", r"\1", text.replace(",", ".")).replace(" Z", "Z")
    try:
        at = datetime.fromisoformat(digits.replace("Z", "+00:00"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if can_be(at) else None
