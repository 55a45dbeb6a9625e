"""The error that ended Kamal, taken apart: which hosts it names, and what happened on each."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backstaff.errors import (
    BackstaffError,
    CommandFailed,
    HookFailed,
    HostLost,
    HostUnreachable,
    LockHeld,
    LoginRefused,
    WaitExpired,
)
from backstaff.explain.docker_errors import deploy_doom, pull_doom, start_doom

HALTED = "Halted at barrier"
_WHERE = re.compile(r"Exception while executing (?:on (?:host )?|as )(?P<where>\S+?): ")
_MANY = re.compile(r"Exceptions on \d+ (?:hosts|roles):")
_STATUS = re.compile(r"(?P<program>\S+) exit status: (?P<status>\d{1,9})")
_STREAM = re.compile(r"\S+ (?P<stream>stdout|stderr): (?P<text>.*)")
_PREFIX = re.compile(r"(?:docker: )?Error(?: response from daemon)?: ")
_TOOK = re.compile(r" \(\d+(?:\.\d+)?s\)\s*$")
_NO_CONNECTION = re.compile(
    r"Connection refused|No route to host|Network is unreachable|connect\(2\)|getaddrinfo"
    r"|Connection timed out"
)
_NOTHING = "Nothing written"
_UNREACHABLE = (
    "ECONNREFUSED",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ETIMEDOUT",
    "ConnectionTimeout",
    "SocketError",
    "ResolutionError",
    "HostKeyMismatch",
)
_LOST = ("Net::SSH::Disconnect", "IOError", "ECONNRESET", "EPIPE")


@dataclass(frozen=True)
class HostFailure:
    """What happened on one host; the host is empty where Kamal named none. `status` is None where the error
    is not that of a command."""

    host: str
    what: str
    status: int | None = None
    output: tuple[str, ...] = ()

    @property
    def halted(self) -> bool:
        """Whether the host only waited for another one, which failed."""
        return self.what == HALTED


@dataclass(frozen=True)
class KamalError:
    """The whole of an error: Ruby's class for it, its text, and the failures that it is made of."""

    name: str
    text: tuple[str, ...]
    failures: tuple[HostFailure, ...]


def kamal_error(name: str, lines: Sequence[str]) -> KamalError:
    """Take the error apart that Kamal printed as its last words."""
    blocks: list[tuple[str, list[str]]] = []
    for line in lines:
        places = list(_WHERE.finditer(line))
        if places:
            blocks.append((places[-1]["where"], [line[places[-1].end() :]]))
        elif blocks:
            blocks[-1][1].append(line)
        elif line.strip() and not _MANY.fullmatch(line.strip()):
            blocks.append(("", [line]))
    told = tuple(line for line in lines if line.strip())
    return KamalError(name, told, tuple(_failure(host, block) for host, block in blocks))


def without_time(lines: Sequence[str]) -> list[str]:
    """The lines of an error in a log file of Kamal's own, without the time that ends them: ` (11.7s)`."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return [*kept[:-1], _TOOK.sub("", kept[-1])] if kept else []


def _failure(host: str, lines: list[str]) -> HostFailure:
    first = lines[0].strip()
    status = _STATUS.match(first)
    if status is None:
        rest = [line.strip() for line in lines[1:] if line.strip()]
        return HostFailure(host, first or "it failed", output=tuple(rest))
    streams: dict[str, list[str]] = {"stdout": [], "stderr": []}
    stream = "stdout"
    for line in lines[1:]:
        found = _STREAM.match(line)
        stream = found["stream"] if found else stream
        text = (found["text"] if found else line).strip()
        if text and text != _NOTHING:
            streams[stream].append(text)
    told = streams["stderr"] or streams["stdout"]
    code = int(status["status"])
    code = code >> 8 if code > 255 else code
    telling = next((line for line in told if "rror" in line), told[-1] if told else "")
    what = telling or f"{status['program']} ended with status {code}"
    rest = [line for line in (*streams["stdout"], *streams["stderr"]) if line != telling]
    return HostFailure(host, _PREFIX.sub("", what), code, tuple(rest))


def error_of(
    error: KamalError, lock_details: Sequence[str] = (), telling: Collection[str] = ()
) -> BackstaffError:
    """The error in the words and with the advice that Backstaff has for it. Of the hosts that failed it is
    about the first one, if possible one of the `telling`, of which more is known."""
    failed = [each for each in error.failures if not each.halted]
    first = next(iter([*[each for each in failed if each.host in telling], *failed]), None)
    what = first.what if first else " ".join(error.text) or error.name
    where = first.host if first else ""
    if error.name.endswith("LockError"):
        return _lock_held(lock_details)
    if error.name.endswith("HookError"):
        return HookFailed(" ".join(error.text), evidence=first.output if first else ())
    if error.name.endswith("AuthenticationFailed"):
        return LoginRefused(what, where=where, fix=f"can you log in with ssh {where}?")
    if any(name in error.name for name in _UNREACHABLE) or _is_no_connection(first):
        return HostUnreachable(what, where=where, fix=f"can you log in with ssh {where}?")
    if any(name in error.name for name in _LOST):
        return HostLost(what, where=where)
    if "container not ready after" in what:
        return WaitExpired(what, where=where)
    if first is None or first.status is None:
        return BackstaffError(what, where=where, evidence=error.text[1:] if first is None else first.output)
    doom = pull_doom(what) or start_doom(what) or deploy_doom(what)
    return CommandFailed(
        what,
        status=first.status,
        stderr="\n".join(first.output),
        where=where,
        fix=doom.advice if doom else "",
    )


def _is_no_connection(failure: HostFailure | None) -> bool:
    """Whether a host was not reached. Kamal's own log files name another class for it."""
    if failure is None or failure.status is not None:
        return False
    return _NO_CONNECTION.search(failure.what) is not None


def _lock_held(details: Sequence[str]) -> LockHeld:
    who = next((line.removeprefix("Locked by: ") for line in details if line.startswith("Locked by: ")), "")
    name, _, since = who.rpartition(" at ")
    holder = f"{name} since {since}" if name else "somebody else"
    return LockHeld(
        f"the deploy lock is held by {holder}",
        evidence=details,
        fix="wait until it is released; if that run is dead: backstaff lock release",
    )
