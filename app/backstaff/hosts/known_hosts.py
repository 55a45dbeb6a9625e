"""OpenSSH's known_hosts files: which keys a host is known by, and where each of them is written."""

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SSH_PORT = 22
_MARKERS = {"@cert-authority", "@revoked"}
_SPECIAL = re.compile(r"[*?!|]")
"""In what is more than a list of names."""


@dataclass(frozen=True)
class HostKey:
    """A public key: its algorithm (`ssh-ed25519`) and the bytes that known_hosts keeps in base64."""

    algorithm: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` as `ssh-keygen -l` prints it."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def text(self) -> str:
        """Algorithm and base64, as in a known_hosts line."""
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()}"


@dataclass(frozen=True)
class KnownKey:
    """A key as a line of a known_hosts file; `line` counts from 1."""

    key: HostKey
    file: Path
    line: int

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class KnownHost:
    """What the files say about one host.

    `exact` is False where nothing is written about this port and the keys are those of port 22: they
    are trusted, but another key is then a new one and not a changed one, as in OpenSSH.
    """

    name: str
    keys: tuple[KnownKey, ...] = ()
    authorities: tuple[KnownKey, ...] = ()
    revoked: tuple[KnownKey, ...] = ()
    exact: bool = True

    def trusts(self, key: HostKey) -> bool:
        """Whether exactly this key is written down for the host."""
        return any(known.key.blob == key.blob for known in self.keys)

    def conflict(self, key: HostKey) -> KnownKey | None:
        """The key that `key` contradicts: one of its own type if there is one; None if it is just new."""
        if self.trusts(key) or not (self.exact and self.keys):
            return None
        same_type = (known for known in self.keys if known.key.algorithm == key.algorithm)
        return next(same_type, self.keys[0])


@dataclass(frozen=True)
class _Line:
    marker: str
    patterns: str
    known: KnownKey


_Matcher = Callable[[str], bool]


@dataclass(frozen=True)
class _File:
    """The lines of one file. Those that just list names are found by name: a file may have thousands."""

    named: Mapping[str, Sequence[_Line]]
    others: Sequence[tuple[_Matcher, _Line]]

    def about(self, name: str) -> list[_Line]:
        """The lines about a host, in their order."""
        found = [*self.named.get(name, ()), *(line for matches, line in self.others if matches(name))]
        return sorted(found, key=lambda line: line.known.line)


def known_name(host: str, port: int) -> str:
    """How known_hosts writes a host: in brackets with its port unless that is 22, always in lower case."""
    return host.lower() if port == SSH_PORT else f"[{host.lower()}]:{port}"


def look_up(files: Iterable[Path], host: str, port: int) -> KnownHost:
    """What the files know about a host. Files that do not exist and lines that make no sense are skipped."""
    parsed = [_parsed(file, text) for file in files if (text := _text(file))]
    found = _matching(parsed, known_name(host, port))
    if port == SSH_PORT or found.keys or found.authorities:
        return found
    plain = _matching(parsed, known_name(host, SSH_PORT))
    return KnownHost(found.name, plain.keys, plain.authorities, found.revoked + plain.revoked, exact=False)


def remember(file: Path, host: str, port: int, key: HostKey) -> None:
    """Append a key, in one write under a lock, so that several runs at once can not spoil the file.

    The file is created with mode 0600 in a directory with mode 0700. Something else than a regular
    file, such as /dev/null, is left alone. Raises OSError.
    """
    if file.exists() and not file.is_file():
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not look_up([file], host, port).trusts(key):
            os.write(descriptor, _separator(descriptor) + f"{known_name(host, port)} {key.text}\n".encode())
    finally:
        os.close(descriptor)


def _separator(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return b"" if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n" else b"\n"


def _matching(files: Sequence[_File], name: str) -> KnownHost:
    hits = [line for file in files for line in file.about(name)]

    def marked(marker: str) -> tuple[KnownKey, ...]:
        return tuple(line.known for line in hits if line.marker == marker)

    return KnownHost(name, marked(""), marked("@cert-authority"), marked("@revoked"))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


@lru_cache(maxsize=8)
def _parsed(file: Path, text: str) -> _File:
    """Kept, because the logins of a run ask for the same text again and again, each for its own host."""
    named: dict[str, list[_Line]] = {}
    others: list[tuple[_Matcher, _Line]] = []
    for line in _lines(file, text):
        if _SPECIAL.search(line.patterns):
            others.append((_matcher(line.patterns), line))
            continue
        for name in set(line.patterns.lower().split(",")):
            named.setdefault(name, []).append(line)
    return _File(named, others)


def _lines(file: Path, text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.splitlines(), start=1):
        if parsed := _parse(line, file, number):
            yield parsed


def _parse(line: str, file: Path, number: int) -> _Line | None:
    fields = line.split()
    marker = fields.pop(0) if fields and fields[0] in _MARKERS else ""
    if len(fields) < 3 or fields[0].startswith(("#", "@")):
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except binascii.Error:
        return None
    return _Line(marker, fields[0], KnownKey(HostKey(fields[1], blob), file, number))


def _matcher(patterns: str) -> _Matcher:
    return _hash_matcher(patterns) if patterns.startswith("|") else _list_matcher(patterns)


def _hash_matcher(pattern: str) -> _Matcher:
    try:
        magic, salt, digest = pattern[1:].split("|")
        key, expected = base64.b64decode(salt), base64.b64decode(digest)
    except ValueError:
        return lambda _: False
    if magic != "1":
        return lambda _: False
    return lambda name: hmac.compare_digest(hmac.digest(key, name.encode(), "sha1"), expected)


def _list_matcher(patterns: str) -> _Matcher:
    items = patterns.lower().split(",")
    wanted = [_wildcard(item) for item in items if not item.startswith("!")]
    refused = [_wildcard(item[1:]) for item in items if item.startswith("!")]

    def matches(name: str) -> bool:
        if any(each.fullmatch(name) for each in refused):
            return False
        return any(each.fullmatch(name) for each in wanted)

    return matches


def _wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))
