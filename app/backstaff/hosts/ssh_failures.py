"""What went wrong at a login, in an operator's words: asyncssh's and the system's errors translated."""

import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import asyncssh

from backstaff.errors import HostUnreachable, LoginRefused

_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_TOO_MANY_TRIES = "Too many authentication failures"


@dataclass(frozen=True)
class Attempt:
    """What is known about a login that failed. `jump` is the jump host it went through, if any."""

    name: str
    host: str
    port: int
    user: str
    deadline_s: float
    reached: bool = False
    jump: str = ""
    tried: Sequence[str] = ()
    complaints: Sequence[str] = ()


def is_login_refusal(error: Exception) -> bool:
    """Whether the host answered and did not like our keys."""
    return isinstance(error, asyncssh.PermissionDenied) or (
        isinstance(error, asyncssh.DisconnectError) and _TOO_MANY_TRIES in error.reason
    )


def was_dropped(error: Exception) -> bool:
    """Whether the host hung up before the login began, as sshd does when too many come at once."""
    if isinstance(error, asyncssh.DisconnectError):
        return isinstance(error, asyncssh.ConnectionLost)
    return isinstance(error, ConnectionResetError | BrokenPipeError | ConnectionAbortedError)


def explain(error: Exception, attempt: Attempt) -> HostUnreachable:
    """The error that tells an operator what happened and what to do about it."""
    if is_login_refusal(error):
        return _login_refused(error, attempt)
    what, fix = _reason(error, attempt)
    via = f" (through the jump host {attempt.jump})" if attempt.jump else ""
    return HostUnreachable(what + via, where=attempt.name, evidence=attempt.complaints, fix=fix)


def _login_refused(error: Exception, attempt: Attempt) -> LoginRefused:
    tried = [f"tried {key}" for key in attempt.tried] or ["there was no key to try"]
    return LoginRefused(
        f"it does not let {attempt.user} log in: {error}",
        where=attempt.name,
        evidence=tried,
        fix=f"add one of these keys to ~{attempt.user}/.ssh/authorized_keys on the host, load the right key "
        "with ssh-add, or set ssh.user and ssh.keys in deploy.yml",
    )


def _refused(error: OSError) -> bool:
    """asyncio folds the failures of several addresses of a host into one text."""
    several = str(error).startswith("Multiple exceptions") and f"[Errno {errno.ECONNREFUSED}]" in str(error)
    return isinstance(error, ConnectionRefusedError) or several


def _reason(error: Exception, attempt: Attempt) -> tuple[str, str]:
    port_fix = f"check that sshd runs there and listens on port {attempt.port} (ssh.port in deploy.yml)"
    match error:
        case socket.gaierror():
            return (
                f"the name {attempt.host} could not be resolved ({error.strerror})",
                "check the host name in deploy.yml and this machine's DNS",
            )
        case TimeoutError() if attempt.reached:
            return (
                f"port {attempt.port} answers, but the login took longer than {attempt.deadline_s:g} s",
                "check the load and the sshd of the host",
            )
        case TimeoutError():
            return (
                f"no answer from port {attempt.port} within {attempt.deadline_s:g} s",
                "check that the host is up and that no firewall is in between",
            )
        case asyncssh.ChannelOpenError():
            return f"the connection to port {attempt.port} could not be made: {error.reason}", port_fix
        case asyncssh.ConnectionLost() | ConnectionResetError() | BrokenPipeError():
            return (
                "it closed the connection before the login was done",
                "check the sshd of the host: MaxStartups, its log, and whether it refuses this address",
            )
        case asyncssh.DisconnectError():
            return f"the SSH login failed: {error.reason}", "check the sshd of the host"
        case OSError() if _refused(error):
            return f"port {attempt.port} refuses connections", port_fix
        case OSError() if error.errno in _NO_ROUTE:
            return f"there is no way to it ({error.strerror})", "check the address and the network"
        case OSError():
            return f"no connection could be made: {error.strerror or error}", port_fix
        case _:
            return f"the ssh settings can not be used: {error}", "correct the ssh configuration or the key"
