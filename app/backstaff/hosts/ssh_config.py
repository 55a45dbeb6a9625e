"""The ssh configuration as far as it concerns one host.

asyncssh reads its files anew for each login, line by line: with an alias for each of some hundred hosts
that takes longer than the login. So it gets copies in which the blocks of other hosts are blank. What is
left out are only `Host` blocks with plain names; all else stays as it is and is asyncssh's to judge.
"""

import glob
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from backstaff.temporary import temporary_directory

T = TypeVar("T")

WORTH_IT = 60
"""Fewer lines about other hosts are read sooner than left out."""
_DEEPEST = 8
_KEYWORD = re.compile(r"([A-Za-z0-9]+)(?=[\s=]|$)", re.ASCII)
_PLAIN_HOST = re.compile(r"host\s+([A-Za-z0-9._:\s-]+)", re.IGNORECASE | re.ASCII)
_PLAIN_INCLUDE = re.compile(r"include\s+([^\"'\\=]+)", re.IGNORECASE)
_LEADS_ELSEWHERE = frozenset(
    {"addressfamily", "bindaddress", "bindinterface", "canonicaldomains", "canonicalizehostname"}
    | {"hostname", "port", "proxycommand", "proxyjump"}
)
_QUOTING = re.compile(r"[\"'\\]")


def read_for(host: str, files: Sequence[str], read: Callable[[list[str]], T]) -> T:
    """What `read` makes of the files, or of copies with all that matters for `host`. Reads and writes files.

    Where the copies can not be made or are not to its liking (OSError, ValueError) it gets the files
    themselves, so that its errors name them.
    """
    if sum(_left_out(host, Path(file)) for file in files) < WORTH_IT:
        return read(list(files))
    try:
        with temporary_directory("backstaff-ssh-") as directory:
            copies = _Copies(host, directory)
            return read([str(copies.of(Path(file))) for file in files])
    except (OSError, ValueError):
        return read(list(files))


class _Copies:
    """Copies of files, and of the files that they include."""

    def __init__(self, host: str, directory: Path) -> None:
        self._host = host
        self._directory = directory
        self._count = 0

    def of(self, file: Path, depth: int = 0) -> Path:
        """The copy of a file, or the file itself if it is not one to take apart."""
        parsed = _parsed(file.read_text())
        if parsed is None or depth > _DEEPEST:
            return file
        lines = parsed.lines_for(self._host)
        for number, patterns in parsed.includes.items():
            copies = [self.of(included, depth + 1) for included in _included(patterns)]
            names = " ".join(shlex.quote(glob.escape(str(copy))) for copy in copies)
            lines[number] = f"Include {names}" if copies else ""
        copy = self._directory / str(self._count)
        self._count += 1
        copy.write_text("\n".join(lines))
        return copy


def goes_straight(host: str, files: Sequence[str]) -> bool:
    """Whether no file can lead to another address or port than what is written, or by another way. Where that
    is not plain to see, False. Reads files."""
    return all(_goes_straight(host, Path(file)) for file in files)


def _goes_straight(host: str, file: Path, depth: int = 0) -> bool:
    try:
        parsed = _parsed(file.read_text())
    except (OSError, ValueError):
        return False
    if parsed is None or depth > _DEEPEST:
        return False
    included: list[str] = []
    concerned = True
    for number, line in enumerate(parsed.lines_for(host)):
        keyword = _keyword(line.strip())
        if keyword == "host":
            concerned = _may_concern(host, line.strip())
        elif keyword == "match" or (concerned and keyword in _LEADS_ELSEWHERE):
            return False
        elif concerned and keyword == "include":
            if number not in parsed.includes:
                return False
            included += parsed.includes[number]
    return all(_goes_straight(host, each, depth + 1) for each in _included(included))


def _may_concern(host: str, line: str) -> bool:
    """Whether a `Host` line may be about a host: False only where none of its patterns can match."""
    if _QUOTING.search(line):
        return True
    patterns = re.split(r"[\s,=]+", line.lower())[1:]
    return any("[" in each or fnmatchcase(host.lower(), each) for each in patterns)


@dataclass(frozen=True)
class _Parsed:
    """The lines of a file. The blocks of single hosts are blank in `lines`; `aliases` has them, with their
    places, by the names of the hosts. `includes` are the patterns of the other lines that include files."""

    lines: Sequence[str]
    aliases: Mapping[str, Sequence[tuple[int, str]]]
    alias_lines: int
    includes: Mapping[int, Sequence[str]]

    def lines_for(self, host: str) -> list[str]:
        """All lines in their places, blank where they are about others."""
        lines = list(self.lines)
        for number, line in self.aliases.get(host.lower(), ()):
            lines[number] = line
        return lines

    def left_out(self, host: str) -> int:
        """How many lines are about others."""
        return self.alias_lines - len(self.aliases.get(host.lower(), ()))


def _left_out(host: str, file: Path, depth: int = 0) -> int:
    """How many lines less there are in the copies of a file and of what it includes."""
    try:
        parsed = _parsed(file.read_text())
    except (OSError, ValueError):
        return 0
    if parsed is None or depth > _DEEPEST:
        return 0
    inside = (file for patterns in parsed.includes.values() for file in _included(patterns))
    return parsed.left_out(host) + sum(_left_out(host, each, depth + 1) for each in inside)


@lru_cache(maxsize=32)
def _parsed(text: str) -> _Parsed | None:
    """A file taken apart, None if something in it is written in an unusual way. Kept for all logins."""
    lines = text.split("\n")
    aliases: dict[str, list[tuple[int, str]]] = {}
    includes: dict[int, Sequence[str]] = {}
    names: Sequence[str] = ()
    alias_lines = 0
    for number, line in enumerate(tuple(lines)):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        keyword = _keyword(stripped)
        if not keyword:
            return None
        if keyword in {"host", "match"}:
            plain = _PLAIN_HOST.fullmatch(stripped)
            names = plain[1].lower().split() if plain else ()
        if names:
            lines[number] = ""
            alias_lines += 1
            for name in set(names):
                aliases.setdefault(name, []).append((number, line))
        elif keyword == "include" and (plain := _PLAIN_INCLUDE.fullmatch(stripped)):
            includes[number] = plain[1].split()
        elif keyword == "include":
            return None
    return _Parsed(lines, aliases, alias_lines, includes)


def _keyword(line: str) -> str:
    """A line's first word in lower case, empty if asyncssh may see another or would refuse the line."""
    if _QUOTING.search(line):
        try:
            shlex.split(line)
        except ValueError:
            return ""
    found = _KEYWORD.match(line)
    return found[1].lower() if found else ""


def _included(patterns: Sequence[str]) -> Iterator[Path]:
    """The files that an `Include` names, found as asyncssh does: from ~/.ssh on."""
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_absolute():
            base, inside = Path(path.anchor), str(path.relative_to(path.anchor))
        else:
            base, inside = Path("~/.ssh").expanduser(), pattern
        yield from (each for each in base.glob(inside) if each.is_file())
