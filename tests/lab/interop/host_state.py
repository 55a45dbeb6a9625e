"""What a deploy leaves on a host, without what differs between any two deploys of the same tool."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.lab.host import LabHost
from tests.lab.interop.docker_recorder import Call

_VOLATILE = frozenset(
    {
        *("Id", "Created", "Pid", "StartedAt", "FinishedAt", "ExecIDs", "GraphDriver", "Health"),
        *("HostnamePath", "HostsPath", "LogPath", "ResolvConfPath", "SandboxID", "SandboxKey"),
        *("EndpointID", "NetworkID", "MacAddress", "Gateway", "IPAddress", "Aliases"),
    }
)
"""Ids, times, addresses and results of health checks in `docker inspect`: new for each container."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_REPLACED = re.compile(r"_replaced_[0-9a-f]{16}")
_HOSTNAME = re.compile(r"(?<![^-])[0-9a-f]{12}$")

RANDOM = "RANDOM"
"""Stands for random digits, where they are of the right form."""


@dataclass(frozen=True)
class FileState:
    """A file or directory: `mode` in octal, `kind` as `find` names it, `content` of a file."""

    mode: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class ProxyService:
    """What the proxy serves; `target` is the name of a container and a port."""

    service: str
    host: str
    target: str
    state: str
    tls: str


@dataclass(frozen=True)
class HostState:
    """A host after a deploy.

    `containers` has what `docker inspect` tells by name and by path (`HostConfig.RestartPolicy.Name`);
    lists are sorted, because Docker gives some in another order each time. `files` are those of the login
    home, the audit log without its content, which is in `audit`.

    `calls` are the command lines that were given to `docker` on the way, `proxy_calls` what was run inside
    the proxy's container.
    """

    containers: Mapping[str, Mapping[str, object]]
    files: Mapping[str, FileState]
    audit: tuple[str, ...]
    images: frozenset[str]
    networks: frozenset[str]
    volumes: frozenset[str]
    services: tuple[ProxyService, ...]
    calls: tuple[Call, ...] = ()
    proxy_calls: tuple[str, ...] = ()

    def running(self) -> set[str]:
        """Names of the running containers but the proxy."""
        return {name for name, each in self.containers.items() if each["State.Running"]} - {"kamal-proxy"}

    def stopped(self) -> set[str]:
        """Names of the containers that do not run."""
        return {name for name, each in self.containers.items() if not each["State.Running"]}


def look_at(host: LabHost, calls: Sequence[Call] = (), proxy_calls: Sequence[str] = ()) -> HostState:
    """The host as it is now."""
    names = dict(line.split() for line in host.docker("ps", "-a", "--format={{.ID}} {{.Names}}").splitlines())
    files = _files(host)
    log = _take_audit_log(files)
    return HostState(
        containers={_steady(name): _inspected(host, name) for name in names.values()},
        files=files,
        audit=tuple(_TIME.sub("TIME", _steady(line)) for line in log),
        images=frozenset(
            host.docker("image", "ls", "--format={{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
        ),
        networks=frozenset(host.docker("network", "ls", "--format={{.Name}} {{.Driver}}").splitlines()),
        volumes=frozenset(host.docker("volume", "ls", "--format={{.Name}} {{.Driver}}").splitlines()),
        services=tuple(_services(host, names)),
        calls=tuple(calls),
        proxy_calls=tuple(_named(call, names) for call in proxy_calls),
    )


def steady_hostname(hostname: str) -> str:
    """A container's host name with its random end replaced."""
    return _HOSTNAME.sub(RANDOM, hostname)


def _steady(text: str) -> str:
    return _REPLACED.sub(f"_replaced_{RANDOM}", text)


def _named(text: str, names: Mapping[str, str]) -> str:
    """A text with containers' short ids replaced by their names."""
    for container, name in names.items():
        text = text.replace(container, _steady(name))
    return text


def _inspected(host: LabHost, name: str) -> Mapping[str, object]:
    inspected: object = json.loads(host.docker("inspect", name))[0]
    settings = dict(_settings("", inspected))
    settings["Name"] = _steady(str(settings["Name"]))
    settings["Config.Hostname"] = steady_hostname(str(settings["Config.Hostname"]))
    return settings


def _settings(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Everything in a tree of mappings, each with its path."""
    if not isinstance(value, dict) or not value:
        yield path, sorted(value, key=str) if isinstance(value, list) else value
        return
    for key, each in value.items():
        if key not in _VOLATILE:
            yield from _settings(f"{path}.{key}" if path else key, each)


def _files(host: LabHost) -> dict[str, FileState]:
    listed = host.sandbox.must_sh("find . -mindepth 1 -printf '%P %m %y\\n'").splitlines()
    found = {}
    for line in listed:
        path, mode, kind = line.rsplit(" ", 2)
        content = (host.home / path).read_bytes() if kind == "f" else b""
        found[path] = FileState(mode, kind, content)
    return found


def _take_audit_log(files: dict[str, FileState]) -> list[str]:
    """Its lines; the file itself stays, without content."""
    path = next(path for path in files if path.endswith("-audit.log"))
    lines = files[path].content.decode().splitlines()
    files[path] = replace(files[path], content=b"")
    return lines


def _services(host: LabHost, names: Mapping[str, str]) -> list[ProxyService]:
    table = _COLOUR.sub("", host.docker("exec", "kamal-proxy", "kamal-proxy", "list"))
    rows = [line.split() for line in table.splitlines()[1:]]
    return [
        ProxyService(service, at, _named(target, names), state, tls)
        for service, at, _, target, state, tls in rows
    ]
