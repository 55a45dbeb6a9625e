"""The deploy lock: what its files say, and what our scripts answer about it.

The lock is a directory with a file `details`, exactly as Kamal makes it, so each tool honours the other's.
Beside it we keep a file `backstaff` that tells which process holds it, by which a lock whose owner has died
can be recognised. Kamal's release removes it with the directory.
"""

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from backstaff.errors import RemoteError
from backstaff.kamal.script import marked_lines

AUTOMATIC = "Automatic deploy lock"
"""The message of a lock that a deploy took by itself, and that may be waited for."""

_BYTES_PER_LINE = 45
_LOCKED_BY = re.compile(r"^Locked by: (?P<name>.*) at (?P<at>\S+)[ \t]*$", re.MULTILINE)
_VERSION = re.compile(r"^Version: (.*)$", re.MULTILINE)
_MESSAGE = re.compile(r"^Message: (.*)\Z", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class LockDetails:
    """Who holds the lock and why. `at` is the time as text; `text` all that the file says.

    A field that the file lacks is empty: it may have been written by hand.
    """

    locked_by: str
    at: str
    version: str
    message: str
    text: str

    @property
    def automatic(self) -> bool:
        """Whether a deploy took the lock by itself, so that waiting for it makes sense."""
        return AUTOMATIC in self.text


@dataclass(frozen=True)
class LockOwner:
    """The process that holds the lock.

    `machine` and `boot` are ids of the operator's machine and of its current boot, `process_start` tells
    apart processes that were given the same `pid`, `run` is the id of the run.
    """

    machine: str
    boot: str
    pid: int
    process_start: str
    run: str

    def to_json(self) -> str:
        """One line, always the same for the same owner."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True)
class TakenByHand:
    """Marks a lock that was taken by hand: it belongs to no process, so it is never taken over. The `token`
    tells which attempt took it, so that the same attempt can be undone."""

    token: str

    def to_json(self) -> str:
        """One line, as an owner's; it can not be read as one."""
        return json.dumps({"taken_by_hand": self.token}, separators=(",", ":"))


class LockOutcome(StrEnum):
    """What a lock script found or did."""

    ACQUIRED = "acquired"
    TAKEN_OVER = "taken-over"
    RELEASED = "released"
    FREE = "free"
    HELD = "held"


@dataclass(frozen=True)
class LockReport:
    """A lock script's answer. With HELD: the holder, as far as the files tell.

    `details` is None when there is no such file (yet), `owner` None for a lock of Kamal or taken by hand.
    `owner_text` is the owner's file as it is, which a takeover must name.

    With FREE, and with ACQUIRED as it was just before: `turn`, which is another one whenever a lock has been
    taken or given back on this host, by whatever tool. Empty if the host could not tell.
    """

    outcome: LockOutcome
    details: LockDetails | None = None
    owner: LockOwner | None = None
    owner_text: str = ""
    turn: str = ""


def details_text(locked_by: str, at: datetime, version: str, message: str = AUTOMATIC) -> str:
    """What the details file says, decoded. `at` must be aware."""
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"Locked by: {locked_by} at {when}\nVersion: {version}\nMessage: {message}"


def encoded_details(text: str) -> str:
    """The details file's content: base64 in lines of 60 characters and an empty line."""
    raw = text.encode()
    chunks = (raw[start : start + _BYTES_PER_LINE] for start in range(0, len(raw), _BYTES_PER_LINE))
    return "".join(f"{base64.b64encode(chunk).decode()}\n" for chunk in chunks) + "\n"


def parse_details(content: str) -> LockDetails | None:
    """Reads a details file as tolerantly as it can; None if there is nothing in it."""
    text = _decoded(content).strip()
    if not text:
        return None
    holder = _LOCKED_BY.search(text)
    return LockDetails(
        locked_by=holder["name"] if holder else "",
        at=holder["at"] if holder else "",
        version=_first_group(_VERSION, text),
        message=_first_group(_MESSAGE, text).strip(),
        text=text,
    )


def _decoded(content: str) -> str:
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return content


def _first_group(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def parse_owner(text: str) -> LockOwner | None:
    """Reads the owner's file; None if it is missing, damaged, or of another format."""
    try:
        fields = json.loads(text)
        return LockOwner(
            machine=str(fields["machine"]),
            boot=str(fields["boot"]),
            pid=int(fields["pid"]),
            process_start=str(fields["process_start"]),
            run=str(fields["run"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def parse_lock_report(stdout: str) -> LockReport:
    """Reads what a lock script answered; raises RemoteError if it did not answer."""
    found = {line.keyword: line.text for line in marked_lines(stdout)}
    if "lock" not in found or found["lock"] not in list(LockOutcome):
        raise RemoteError(
            "the shell on the host ran the lock script without answering",
            fix="look at what the login shell's start-up files do when the session is not interactive",
        )
    owner_text = found.get("owner", "")
    return LockReport(
        LockOutcome(found["lock"]),
        parse_details(found.get("details", "")),
        parse_owner(owner_text),
        owner_text,
        found.get("turn", "").strip(),
    )
