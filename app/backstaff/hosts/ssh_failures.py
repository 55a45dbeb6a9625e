"""What went wrong at a login, in an operator's words: asyncssh's and the system's errors translated."""

import errno
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import asyncssh

from backstaff.config.host_address import parse_host
from backstaff.errors import HostUnreachable, LoginRefused

_PROXY_FIX = (
    "run it by hand: it has to print the host's `SSH-2.0-…`. It is ssh.proxy_command of deploy.yml, or else "
    "ProxyCommand of the ssh configuration"
)
_OWN_DROP = "kex_exchange_identification"
_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_TOO_MANY_TRIES = "Too many authentication failures"


@dataclass(frozen=True)
class ProxyEnd:
    """What became of a proxy command: the last lines that it `said`, and its exit status (negative for a
    signal), None if it did not end by itself."""

    command: str
    status: int | None
    said: Sequence[str]

    @property
    def failed(self) -> bool:
        """Whether trying again is useless. An `ssh` that a jump host did not even greet was only too early:
        its sshd, too, hangs up when too many come at once."""
        return bool(self.status) and not any(_OWN_DROP in line for line in self.said)


@dataclass(frozen=True)
class Attempt:
    """What is known about a login that failed. `to_jump_host` says whether it was one to a jump host; `jump`
    is the jump host and `proxy` the proxy command it went through, if any."""

    name: str
    host: str
    port: int
    user: str
    deadline_s: float
    to_jump_host: bool = False
    reached: bool = False
    jump: str = ""
    tried: Sequence[str] = ()
    proxy: ProxyEnd | None = None


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
    said = attempt.proxy.said if attempt.proxy else ()
    if attempt.proxy and (blame := _blame(attempt.proxy, error, attempt)):
        what = f"{blame}: `{attempt.proxy.command}`"
        return HostUnreachable(what, where=attempt.name, evidence=said, fix=_PROXY_FIX)
    what, fix = _reason(error, attempt)
    return HostUnreachable(what + _way(attempt), where=attempt.name, evidence=said, fix=fix)


def _blame(proxy: ProxyEnd, error: Exception, attempt: Attempt) -> str:
    """Why it was the proxy command's fault; empty if it was not."""
    if isinstance(error, TimeoutError) and not attempt.reached:
        return f"nothing came through its proxy command within {attempt.deadline_s:g} s"
    if not was_dropped(error) or proxy.status is None:
        return ""
    if proxy.status < 0:
        return f"its proxy command was killed by signal {-proxy.status}"
    if proxy.status > 0:
        return f"its proxy command ended with status {proxy.status}"
    return "" if attempt.reached else "its proxy command ended before the host had said anything"


def _way(attempt: Attempt) -> str:
    if attempt.jump:
        return f" (through the jump host {attempt.jump})"
    return f" (through the proxy command `{attempt.proxy.command}`)" if attempt.proxy else ""


def _login_refused(error: Exception, attempt: Attempt) -> LoginRefused:
    tried = [f"tried {key}" for key in attempt.tried] or ["there was no key to try"]
    elsewhere = (
        f"set User and IdentityFile for {attempt.host} in the ssh configuration"
        if attempt.to_jump_host
        else "set ssh.user and ssh.keys in deploy.yml"
    )
    return LoginRefused(
        f"it does not let {attempt.user} log in: {error}",
        where=attempt.name,
        evidence=tried,
        fix=f"add one of these keys to ~{attempt.user}/.ssh/authorized_keys on the host, load the right key "
        f"with ssh-add, or {elsewhere}",
    )


def _refused(error: OSError) -> bool:
    """asyncio folds the failures of several addresses of a host into one text."""
    several = str(error).startswith("Multiple exceptions") and f"[Errno {errno.ECONNREFUSED}]" in str(error)
    return isinstance(error, ConnectionRefusedError) or several


def _port_setting(attempt: Attempt) -> str:
    """Where the port comes from."""
    if attempt.to_jump_host:
        return "ssh.proxy in deploy.yml, or Port in the ssh configuration"
    if parse_host(attempt.name).port is not None:
        return "it stands behind the host in deploy.yml"
    return "ssh.port in deploy.yml"


def _reason(error: Exception, attempt: Attempt) -> tuple[str, str]:
    at = f"{attempt.host} port {attempt.port}"
    silent = f"no answer from port {attempt.port} within {attempt.deadline_s:g} s"
    port_fix = f"check that sshd runs there and listens on port {attempt.port} ({_port_setting(attempt)})"
    match error:
        case socket.gaierror():
            return (
                f"the name {attempt.host} could not be resolved ({error.strerror})",
                "check the host name in deploy.yml and this machine's DNS",
            )
        case TimeoutError() if attempt.reached:
            return (
                f"{at} answers, but the login took longer than {attempt.deadline_s:g} s",
                "check the load and the sshd of the host",
            )
        case TimeoutError():
            return (
                f"{silent}: {attempt.host} timed out",
                "check that the host is up and that no firewall is in between",
            )
        case asyncssh.ChannelOpenError() if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            return (
                f"the jump host does not open connections for us: {error.reason}",
                "see AllowTcpForwarding and PermitOpen in the jump host's sshd_config, and the key's options",
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
            return f"{at} refuses connections", port_fix
        case OSError() if error.errno in _NO_ROUTE:
            # asyncio puts the address where the system's own words were.
            words = os.strerror(error.errno).lower()
            return f"there is no way to {at} ({words})", "check the address and the network"
        case OSError():
            words = os.strerror(error.errno).lower() if error.errno else str(error)
            return f"no connection to {at} could be made ({words})", port_fix
        case _:
            return f"the ssh settings can not be used: {error}", "correct the ssh configuration or the key"
