"""A shell that knows the scripts that are sent to hosts, and nothing else.

Each line of a script must be one that it recognises: a script that changes makes the tests fail, not pass by
doing nothing.
"""

import base64
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import CommandResult
from backstaff.kamal.names import PROXY_CONTAINER
from backstaff.kamal.script import MARK
from tests.fakes.apps import HEALTHY
from tests.fakes.server import PROXY_IMAGE, FakeServer

_STEP = re.compile(rf"printf '%s\\n' '({MARK} step .*)'")
_MKDIR = re.compile(r"mkdir -p (\S+) \|\| exit 1")
_WRITE = re.compile(r"\(umask 077 && .* && mv -f \S+ (\S+)\) <<'CONTENT' \|\| exit 1")
_CREATE = re.compile(r"id=\$\((docker create .*)")
_AUDIT = re.compile(r"mkdir -p \S+ && printf '%s\\n' (?P<lines>.*) >> (?P<file>\S+) \|\| exit 1")
_READ_AUDIT = re.compile(r"tail -n \d+ (\S+) 2>/dev/null \|\| true")
_CLEAN = re.compile(r"\[ ! -d \S+ \] \|\| find .*")
_LOCK = re.compile(r"^lock='(.*)'$", re.MULTILINE)
_DETAILS = re.compile(r"<<'CONTENT' .*\n(.*?)^CONTENT$", re.MULTILINE | re.DOTALL)
_OWNER = re.compile(r"^printf '%s\\n' '(.*)' > \"\$new/backstaff\"", re.MULTILINE)
_STALE = re.compile(r"\)\" = '(.*)' \]; then$", re.MULTILINE)
_OURS = re.compile(r"\)\" != '(.*)' \]; then$", re.MULTILINE)
_ID_ANSWER = f"printf '%s\\n' \"{MARK} container $id\""
_WITH_VALUE = {
    "--restart", "--name", "--network", "--hostname", "--env", "--env-file", "--log-opt", "--log-driver",
    "--label", "--volume",
}  # fmt: skip


def operation_of(script: str) -> str:
    """What a script is for, by the name that faults use."""
    if "lock=" in script:
        return _lock_operation(script)
    if f"'{MARK} step alive'" in script:
        return "alive"
    if "docker create" in script:
        return "create"
    if f"'{MARK} step make directories'" in script:
        return "prepare"
    return "tidy" if "find " in script else "audit"


def needs_docker(script: str) -> bool:
    """Whether a frozen engine would keep a script from going on."""
    return "docker " in script


def run(server: FakeServer, script: str) -> CommandResult:
    """Do all of a script at once."""
    if "lock=" in script:
        return CommandResult(0, _lock(server, script))
    return _Run(server).through(script)


def lock_held(server: FakeServer) -> bool:
    """Whether anybody holds the service's lock on this server."""
    return f".kamal/lock-{server.service}" in server.directories


def lock_owner(server: FakeServer) -> str:
    """The line of ours in the lock, empty without one."""
    return server.files.get(f".kamal/lock-{server.service}/backstaff", "")


def hold_lock(server: FakeServer, details: str, owner: str = "") -> None:
    """Somebody holds the lock: `details` as the file says it, `owner` the line of ours if there is one."""
    lock = f".kamal/lock-{server.service}"
    server.directories.add(lock)
    server.lock_turns += 1
    server.files[f"{lock}/details"] = base64.b64encode(details.encode()).decode()
    if owner:
        server.files[f"{lock}/backstaff"] = owner


def release_lock(server: FakeServer) -> None:
    """The lock is released by hand."""
    server.directories.discard(f".kamal/lock-{server.service}")
    server.lock_turns += 1
    for name in ("details", "backstaff"):
        server.files.pop(f".kamal/lock-{server.service}/{name}", None)


@dataclass
class _Run:
    """One run of a script of steps."""

    server: FakeServer
    said: list[str] = field(default_factory=list)
    created: str = ""

    def through(self, script: str) -> CommandResult:
        lines = iter(_body(script).splitlines())
        for line in lines:
            failure = self._do(line, lines)
            if failure is not None:
                return CommandResult(1, "\n".join(self.said), failure)
        return CommandResult(0, "".join(f"{each}\n" for each in self.said))

    def _do(self, line: str, rest: Iterator[str]) -> str | None:
        """Do one line; what it says on standard error if it ends the script."""
        server = self.server
        if found := _STEP.fullmatch(line):
            self.said.append(found[1])
        elif line == _ID_ANSWER:
            self.said.append(f"{MARK} container {self.created}")
        elif found := _MKDIR.fullmatch(line):
            server.directories.add(found[1])
        elif found := _WRITE.fullmatch(line):
            content = "".join(iter(lambda: next(rest), "CONTENT"))
            server.files[found[1]] = base64.b64decode(content).decode()
        elif found := _AUDIT.fullmatch(line):
            words = "".join(f"{each}\n" for each in shlex.split(found["lines"]))
            server.files[found["file"]] = server.files.get(found["file"], "") + words
        elif found := _READ_AUDIT.fullmatch(line):
            self.said += server.files.get(found[1], "").splitlines()
        elif found := _CREATE.fullmatch(line):
            return self._create(shlex.split(found[1]), next(rest))
        elif line.startswith('{ case "$(docker ps --all --filter name=^kamal-proxy$'):
            return self._start_proxy(next(rest))
        elif not _CLEAN.fullmatch(line):
            raise AssertionError(f"the fake shell does not know this line: {line}")
        return None

    def _create(self, argv: list[str], end: str) -> str | None:
        assert end == ") || exit $?", end
        values, image = _flags(argv[2:])
        assert values["--env-file"][0] in self.server.files, "the env file is missing"
        labels = dict(each.partition("=")[::2] for each in values["--label"])
        name = values["--name"][0]
        version = next(each for each in values["--env"] if each.startswith("KAMAL_VERSION="))
        app = self.server.app_of(labels["role"], version.partition("=")[2])
        try:
            container = self.server.create(name, image, labels, app)
        except DockerFailed as error:
            return f"Error response from daemon: {error.what}"
        container.restart_policy = values["--restart"][0]
        self.created = container.id
        return None

    def _start_proxy(self, end: str) -> str | None:
        assert end == "} >/dev/null || exit 1", end
        server = self.server
        server.add_image(PROXY_IMAGE, {})
        proxy = server.find(PROXY_CONTAINER) or server.create(PROXY_CONTAINER, PROXY_IMAGE, {}, HEALTHY)
        proxy.start()
        return None


def _flags(words: list[str]) -> tuple[dict[str, list[str]], str]:
    """The values of each flag, and the image."""
    values: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            return values, word
        name, equals, value = word.partition("=")
        values.setdefault(name, []).append(value if equals or name not in _WITH_VALUE else next(rest))
    raise AssertionError(f"no image in {words}")


def _body(script: str) -> str:
    head, tail = "backstaff() {\n", "\n}\nbackstaff </dev/null\n"
    assert script.startswith(head), script
    assert script.endswith(tail), script
    return script[len(head) : -len(tail)]


def _lock_operation(script: str) -> str:
    if 'mkdir "$lock/takeover"' in script:
        return "lock takeover"
    if 'mv -f "$new"/*' in script:
        return "lock acquire"
    return "lock release" if 'mv "$lock" "$old"' in script else "lock status"


def _lock(server: FakeServer, script: str) -> str:
    found = _LOCK.search(script)
    assert found, script
    work: dict[str, Callable[[FakeServer, str, str], str]] = {
        "lock status": lambda server, lock, _: _show(server, lock),
        "lock acquire": _acquire,
        "lock takeover": _take_over,
        "lock release": _release,
    }
    return work[_lock_operation(script)](server, found[1], script)


def _show(server: FakeServer, lock: str) -> str:
    if lock not in server.directories:
        return f"{MARK} lock free\n{_turn(server)}"
    details = "".join(server.files.get(f"{lock}/details", "").split())
    owner = server.files.get(f"{lock}/backstaff", "")
    return f"{MARK} lock held\n{MARK} details {details}\n{MARK} owner {owner}\n"


def _put_files(server: FakeServer, lock: str, script: str) -> None:
    details, owner = _DETAILS.search(script), _OWNER.search(script)
    assert details, script
    server.files[f"{lock}/details"] = details[1]
    if owner:
        server.files[f"{lock}/backstaff"] = owner[1]


def _acquire(server: FakeServer, lock: str, script: str) -> str:
    if lock in server.directories:
        return _show(server, lock)
    turn = _turn(server)
    server.directories.add(lock)
    server.lock_turns += 1
    _put_files(server, lock, script)
    return f"{MARK} lock acquired\n{turn}"


def _turn(server: FakeServer) -> str:
    return f"{MARK} turn {server.lock_turns if server.tells_turns else ''}\n"


def _take_over(server: FakeServer, lock: str, script: str) -> str:
    stale = _STALE.search(script)
    assert stale, script
    if lock not in server.directories or server.files.get(f"{lock}/backstaff") != stale[1]:
        return _show(server, lock)
    _put_files(server, lock, script)
    return f"{MARK} lock taken-over\n"


def _release(server: FakeServer, lock: str, script: str) -> str:
    if lock not in server.directories:
        return f"{MARK} lock free\n"
    ours = _OURS.search(script)
    if ours and server.files.get(f"{lock}/backstaff") != ours[1]:
        return _show(server, lock)
    release_lock(server)
    return f"{MARK} lock released\n"
