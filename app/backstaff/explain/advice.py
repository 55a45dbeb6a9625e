"""Hints: what an error usually means, and what to look at first."""

import re
from collections.abc import Iterable, Sequence

from backstaff.events.inert import inert

_EXIT_HINTS = {
    0: "the program ended by itself: the role's cmd must keep running in the foreground",
    125: "docker itself refused the command: see its error",
    126: "the program was found but may not be executed: chmod +x it, or correct cmd",
    127: "the program was not found: correct the role's cmd or the image's ENTRYPOINT",
    134: "the program aborted (SIGABRT): see its last lines",
    137: "it was killed (SIGKILL): out of memory, or it did not end in time when stopped",
    139: "it crashed (SIGSEGV): often a native library built for another architecture or libc",
    143: "somebody stopped it (SIGTERM)",
}


def exit_hint(code: int) -> str:
    """What an exit code usually means; 128 + N is the end by signal N."""
    if code in _EXIT_HINTS:
        return _EXIT_HINTS[code]
    if 128 < code < 160:
        return f"it was ended by signal {code - 128}: see its last lines"
    return "see its last lines"


def advice_for_probe(result: str, url: str = "") -> str:
    """What a health check's result usually means, and which setting it touches; empty if nobody knows."""
    path, port = path_and_port(url)
    status = http_status(result)
    if status is not None:
        return _status_hint(status, path)
    for pattern, hint in (
        (
            r"connection refused",
            f"is proxy.app_port ({port}) the port that the app listens on, and on all addresses (0.0.0.0)?",
        ),
        (r"timed out|deadline exceeded", "the app answers too slowly: raise proxy.healthcheck.timeout"),
        (r"no such host", "the container is gone, or not on the network of the proxy"),
        (r"no route to host|network is unreachable", "the container has left the network of the proxy"),
        (r"EOF|connection reset", f"port {port} takes the connection and drops it: is it HTTP, and not TLS?"),
        (r"malformed HTTP", f"what listens on port {port} does not speak HTTP: check proxy.app_port"),
    ):
        if re.search(pattern, result, re.IGNORECASE):
            return hint
    return ""


def _status_hint(status: int, path: str) -> str:
    if status == 404:
        return f"the app has no {path}: set proxy.healthcheck.path, or add the route"
    if status in {301, 302, 307, 308}:
        return f"the app redirects {path}: exempt it from force_ssl (or any login) in the app"
    if status in {400, 403, 421}:
        return f"the app does not accept the check's Host header: allow {path} in its host authorization"
    if status == 401:
        return f"{path} asks for a login: exempt it, or set proxy.healthcheck.path"
    if status in {502, 503, 504}:
        return "the app, or a server in front of it in the container, is not ready: see its log"
    if status >= 500:
        return f"{path} fails inside the app: see its log"
    return f"the app must answer {path} with a status from 200 to 299"


_NAME = r"[\w.-]*[a-z_-][\w.-]*|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]"
_ADDRESS = re.compile(
    rf"server at \"(?P<server>[^\"]+)\".*port (?P<at>\d+)|(?P<host>{_NAME}):(?P<port>\d{{2,5}})\b",
    re.IGNORECASE,
)
_SOURCE_FILE = re.compile(r"\.(?:rb|py|js|ts|go|java|php|ex|exs|rs|c)$")
_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|::1):")
_LISTENS = re.compile(
    r"\blisten\w*\b.*?(?:(?P<loopback>localhost|127\.\d+\.\d+\.\d+|\[::1\]):)?(?P<port>\d{2,5})\b(?![.\d])",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"could not connect|can'?t connect|cannot connect|(?:unable|failed) to connect|ECONNREFUSED|ETIMEDOUT"
    r"|EHOSTUNREACH|connection (?:to .* )?(?:refused|failed|timed out)|no route to host|i/o timeout",
    re.IGNORECASE,
)
_UNRESOLVED = re.compile(
    r"could not translate host name \"?(?P<a>[\w.-]+)|(?:ENOTFOUND|EAI_AGAIN) (?P<b>[\w.-]+)"
    r"|lookup (?P<c>[\w.-]+).*no such host|unknown host:? '?(?P<d>[\w.-]+)"
    r"|(?P<e>[\w.-]+):? Name or service not known",
    re.IGNORECASE,
)
_OTHER_OUTPUT: tuple[tuple[str, str], ...] = (
    (r"PendingMigration|(?i:migrations? (?:are|is) pending)", "run the database's migrations first"),
    (r"KeyError: '?\"?(?P<it>[A-Z][A-Z0-9_]{2,})", "is {it} set under env, or listed in env.secret?"),
    (r"key not found: \"(?P<it>[A-Z][A-Z0-9_]{2,})\"", "is {it} set under env, or listed in env.secret?"),
    (r"(?P<it>[A-Z][A-Z0-9_]{3,}) (?:is not set|is required|must be set|is missing)", "set {it} under env"),
    (r"Missing `?secret_key_base", "set SECRET_KEY_BASE or RAILS_MASTER_KEY under env.secret"),
    (r"password authentication failed|Access denied for user", "check the database's user and password"),
    (r"database \"(?P<it>[^\"]+)\" does not exist", "create the database {it}"),
    (r"Blocked hosts?: |DisallowedHost", "allow the health check's Host header in the app's settings"),
    (r"(?i:address already in use)|EADDRINUSE", "another process in the container has the app's port"),
    (r"(?:(?i:permission denied)|EACCES).*?(?P<it>/[\w./-]+)", "may the image's user use {it}?"),
    (r"heap out of memory|OutOfMemoryError|(?i:cannot allocate memory)", "give it more memory"),
    (r"ModuleNotFoundError|(?i:cannot find module)|cannot load such file", "the image lacks a dependency"),
    (r"exec format error", "compare builder.arch with uname -m on this host"),
)


def output_hint(lines: Iterable[str], host: str = "", network: str = "kamal") -> str:
    """What a container's last lines point to; the latest line that says something known decides."""
    for line in reversed(list(lines)):
        unreachable = _unreachable(line)
        if _LOOPBACK.match(unreachable):
            return f"{unreachable} is the container itself: give the app the name of the other container"
        if unreachable:
            of = f"{host}'s network" if host else "the network"
            return f'is {unreachable} reachable from {of} "{network}"?'
        for pattern, hint in _OTHER_OUTPUT:
            found = re.search(pattern, line)
            if found:
                return hint.replace("{it}", found.groupdict().get("it") or "it")
    return ""


def listening_hint(lines: Iterable[str], url: str) -> str:
    """What to change where nothing takes the checks of `url` and the app says where it listens instead."""
    _, checked = path_and_port(url)
    found = next((match for line in reversed(list(lines)) if (match := _LISTENS.search(line))), None)
    if found is None:
        return ""
    if found["loopback"]:
        at = f"{found['loopback']}:{found['port']}"
        return f"the app says that it listens on {at}, which only its container reaches: make that 0.0.0.0"
    if found["port"] == checked:
        return ""
    return f"the app says that it listens on {found['port']}: set proxy.app_port to {found['port']}"


def telling_lines(lines: Sequence[str], most: int = 3) -> tuple[str, ...]:
    """The last lines that say something, inert, oldest first: blank ones and repetitions left out."""
    told: list[str] = []
    for line in reversed(lines):
        text = inert(line).strip()
        if text and (not told or text != told[-1]):
            told.append(text)
            if len(told) == most:
                break
    return tuple(reversed(told))


def _unreachable(line: str) -> str:
    """What a line says can not be reached, as `host:port` or a name."""
    name = _UNRESOLVED.search(line)
    if name:
        return next(group for group in name.groups() if group)
    if not _TROUBLE.search(line):
        return ""
    for address in _ADDRESS.finditer(line):
        host, port = address["server"] or address["host"], address["at"] or address["port"]
        if not _SOURCE_FILE.search(host):
            return f"{host}:{port}"
    return ""


def http_status(result: str) -> int | None:
    """The status that a health check was answered with, None if its result is another."""
    found = re.search(r"\((\d{3})\)", result)
    return int(found[1]) if found else None


def path_and_port(url: str) -> tuple[str, str]:
    """The path and the port that a health check goes to; in words where the URL is not known."""
    found = re.match(r"https?://[^/]*?(?::(?P<port>\d+))?(?P<path>/[^?#]*)?$", url)
    if not found:
        return "the health check's path", "the app's port"
    return found["path"] or "/", found["port"] or "80"
