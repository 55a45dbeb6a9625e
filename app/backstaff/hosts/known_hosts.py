"""OpenSSH's known_hosts files: which keys a host is known by, and where each of them is written."""

import base64
import binascii
import fcntl
import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SSH_PORT = 22
_MARKERS = {"@cert-authority", "@revoked"}


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

    def matches(self, name: str) -> bool:
        if self.patterns.startswith("|"):
            return _hash_matches(self.patterns, name)
        return _list_matches(self.patterns, name)


def known_name(host: str, port: int) -> str:
    """How known_hosts writes a host: in brackets with its port unless that is 22, always in lower case."""
    return host.lower() if port == SSH_PORT else f"[{host.lower()}]:{port}"


def look_up(files: Iterable[Path], host: str, port: int) -> KnownHost:
    """What the files know about a host. Files that do not exist and lines that make no sense are skipped."""
    lines = [line for file in files for line in _read(file)]
    found = _matching(lines, known_name(host, port))
    if port == SSH_PORT or found.keys or found.authorities:
        return found
    plain = _matching(lines, known_name(host, SSH_PORT))
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


def _matching(lines: Sequence[_Line], name: str) -> KnownHost:
    hits = [line for line in lines if line.matches(name)]

    def marked(marker: str) -> tuple[KnownKey, ...]:
        return tuple(line.known for line in hits if line.marker == marker)

    return KnownHost(name, marked(""), marked("@cert-authority"), marked("@revoked"))


def _read(file: Path) -> Iterator[_Line]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
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


def _hash_matches(pattern: str, name: str) -> bool:
    try:
        magic, salt, digest = pattern[1:].split("|")
        key, expected = base64.b64decode(salt), base64.b64decode(digest)
    except ValueError:
        return False
    return magic == "1" and hmac.compare_digest(hmac.digest(key, name.encode(), "sha1"), expected)


def _list_matches(patterns: str, name: str) -> bool:
    items = patterns.lower().split(",")
    if any(item.startswith("!") and _wildcard(item[1:], name) for item in items):
        return False
    return any(_wildcard(item, name) for item in items if not item.startswith("!"))


def _wildcard(pattern: str, name: str) -> bool:
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, name) is not None
