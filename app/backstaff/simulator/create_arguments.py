"""The command line of `docker create` and `docker run`."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backstaff.clock import Seconds
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.images import HealthCheck
from backstaff.simulator.proxy_options import ProxyRefusal, parse_duration
from backstaff.simulator.restarts import RestartPolicy
from backstaff.simulator.wanted import Mount, Port, Wanted

_SWITCHES = frozenset(
    """
    detach disable-content-trust init interactive no-healthcheck oom-kill-disable privileged publish-all
    quiet read-only rm sig-proxy tty
    """.split()  # noqa: SIM905 (as text they can be read)
)
_VALUES = frozenset(
    """
    add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns
    cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus
    cpuset-cpus cpuset-mems detach-keys device device-cgroup-rule device-read-bps device-read-iops
    device-write-bps device-write-iops dns dns-opt dns-option dns-search domainname entrypoint env env-file
    expose gpus group-add health-cmd health-interval health-retries health-start-period health-timeout
    hostname ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt
    mac-address memory memory-reservation memory-swap memory-swappiness mount name net net-alias network
    network-alias oom-score-adj pid pids-limit platform publish pull restart runtime security-opt shm-size
    stop-signal stop-timeout storage-opt sysctl tmpfs ulimit user userns uts volume volume-driver
    volumes-from workdir
    """.split()  # noqa: SIM905 (as text they can be read)
)
_SHORT = {
    "a": "attach",
    "c": "cpu-shares",
    "d": "detach",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "P": "publish-all",
    "q": "quiet",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}
_NOT_FOR_CREATE = frozenset({"detach", "detach-keys", "sig-proxy"})
_HELP = "Run 'docker {} --help' for more information"
_BYTES = re.compile(r"(\d+)([bkmg]?)b?")
_UNIT = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class InvalidFlag(Exception):
    """A value that the docker command itself does not take."""


class CommandLineError(Exception):
    """A command line that the docker command refuses, in its words and with its exit status."""

    def __init__(self, message: str, status: int = 125) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class _Flags:
    values: dict[str, list[str]] = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def last(self, name: str, default: str = "") -> str:
        return self.values.get(name, [default])[-1]

    def on(self, name: str) -> bool:
        return self.last(name, "false") == "true"


@dataclass(frozen=True)
class Creation:
    """What a command line asks for: the container, and with `run` whether to leave it alone."""

    wanted: Wanted
    detached: bool


def parse_creation(words: Sequence[str], directory: Path, *, command: str) -> Creation:
    """Reads the words after `docker create` or `docker run` as typed in `directory`.

    Raises CommandLineError for what the command itself refuses, and the engine's refusal.
    """
    flags = _Flags()
    rest = iter(words)
    plain = _read_flags(rest, flags, command)
    if not plain:
        raise _usage(f"docker: 'docker {command}' requires at least 1 argument", command, status=1)
    try:
        wanted = _wanted(flags, plain, directory, command)
    except InvalidFlag as error:
        raise _usage(str(error), command) from None
    except ValueError as error:
        raise DockerRefusal(400, str(error)) from None
    return Creation(wanted, flags.on("detach"))


def _usage(said: str, command: str, status: int = 125) -> CommandLineError:
    usage = f"Usage:  docker {command} [OPTIONS] IMAGE [COMMAND] [ARG...]"
    return CommandLineError(f"{said}\n\n{usage}\n\n{_HELP.format(command)}", status)


def _read_flags(rest: Iterator[str], flags: _Flags, command: str) -> list[str]:
    """Options end with the first plain word: the image; what follows belongs to the container."""
    for word in rest:
        if word == "--":
            return list(rest)
        if not word.startswith("-") or word == "-":
            return [word, *rest]
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            _take(flags, name, value if equals else None, rest, command)
        else:
            _take_short(flags, word[1:], rest, command)
    return []


def _take(flags: _Flags, name: str, value: str | None, rest: Iterator[str], command: str) -> None:
    unknown = name not in _SWITCHES | _VALUES or (command == "create" and name in _NOT_FOR_CREATE)
    if unknown:
        raise _usage(f"unknown flag: --{name}", command)
    if value is None:
        value = "true" if name in _SWITCHES else next(rest, None)
    if value is None:
        raise _usage(f"flag needs an argument: --{name}", command)
    flags.values.setdefault({"net": "network"}.get(name, name), []).append(value)


def _take_short(flags: _Flags, letters: str, rest: Iterator[str], command: str) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        name = _SHORT.get(letter)
        if name is None:
            raise _usage(f"unknown shorthand flag: '{letter}' in -{letter}{letters}", command)
        if name in _SWITCHES:
            _take(flags, name, "true", rest, command)
            continue
        _take(flags, name, letters.removeprefix("=") or None, rest, command)
        return


def _wanted(flags: _Flags, plain: list[str], directory: Path, command: str) -> Wanted:
    entrypoint = shlex.split(flags.last("entrypoint"))
    return Wanted(
        image=plain[0],
        name=flags.last("name"),
        argv=(*entrypoint, *plain[1:]),
        env=_environment(flags, directory, command),
        labels=dict(_pair(text) for text in flags.all("label")),
        hostname=flags.last("hostname"),
        network=flags.last("network", "bridge"),
        restart=RestartPolicy.parse(flags.last("restart", "no")),
        ports=tuple(port for text in flags.all("publish") for port in _ports(text)),
        mounts=tuple(_mount(text) for text in flags.all("volume")),
        healthcheck=_healthcheck(flags),
        no_healthcheck=flags.on("no-healthcheck"),
        stop_timeout=int(flags.last("stop-timeout")) if flags.all("stop-timeout") else None,
        memory=_memory(flags.last("memory", "0")),
        tty=flags.on("tty"),
        auto_remove=flags.on("rm"),
    )


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _environment(flags: _Flags, directory: Path, command: str) -> dict[str, str]:
    """Files first, then `--env`; a name without a value would come from the shell, which has none."""
    env: dict[str, str] = {}
    for name in flags.all("env-file"):
        try:
            lines = (directory / name).read_text().splitlines()
        except OSError:
            said = f"docker: open {name}: no such file or directory"
            raise CommandLineError(f"{said}\n\n{_HELP.format(command)}") from None
        wanted = (line for line in lines if line.strip() and not line.startswith("#"))
        env |= dict(_pair(line) for line in wanted if "=" in line)
    return env | dict(_pair(text) for text in flags.all("env") if "=" in text)


def _ports(text: str) -> list[Port]:
    where, _, protocol = text.partition("/")
    address, _, ports = where.rpartition(":")
    if not address:
        return [] if not ports.isdecimal() else [Port(int(ports), 0)]
    host, _, outer = address.rpartition(":")
    if not (outer.isdecimal() and ports.isdecimal()):
        raise InvalidFlag(f"invalid containerPort: {ports}")
    return [Port(int(ports), int(outer), host.strip("[]"), protocol or "tcp")]


def _mount(text: str) -> Mount:
    source, _, rest = text.partition(":")
    target, _, options = rest.partition(":")
    if not target:
        return Mount("", source)
    if not target.startswith("/"):
        raise ValueError(f"invalid volume specification: '{text}'")
    return Mount(source, target, options)


def _healthcheck(flags: _Flags) -> HealthCheck | None:
    if not flags.all("health-cmd"):
        return None
    return HealthCheck(
        tuple(shlex.split(flags.last("health-cmd"))),
        _seconds(flags, "health-interval", "30s"),
        _seconds(flags, "health-timeout", "30s"),
        int(flags.last("health-retries", "3")),
        _seconds(flags, "health-start-period", "0s"),
    )


def _seconds(flags: _Flags, name: str, default: str) -> Seconds:
    try:
        return parse_duration(flags.last(name, default))
    except ProxyRefusal as error:
        raise InvalidFlag(f"{error}") from None


def _memory(text: str) -> int:
    found = _BYTES.fullmatch(text.lower())
    if found is None:
        raise InvalidFlag(f'invalid argument "{text}" for "-m, --memory" flag: invalid size: \'{text}\'')
    return int(found[1]) * _UNIT[found[2]]
