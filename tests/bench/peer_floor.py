"""What no deploy can do without: the work of Docker, the proxy and the app, asked for with nothing between.

On all hosts at once, through each host's own Docker socket and without a distance, the new version is pulled,
created, started, checked and given the traffic by the proxy, and the old container is stopped. Where a role
has no proxy, its containers wait with their start for the first healthy gatekeeper, and then run for the
readiness delay. No lock, no look at what is there, no tag, no pruning, no log. One request follows on the
other at once, so the time from one of Docker's events to the next is Docker's own or the app's.
"""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from urllib.parse import urlencode

from backstaff.config.models import Config, Role
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER, container_name
from backstaff.kamal.proxy_deploy import deploy_command
from tests.lab import Lab, LabError, LabHost

_JSON = {"Content-Type": "application/json"}
_GATE_WITHIN_S = 60.0
_LAST_OF_STAGE = ("pull", "create", "start", "exec_die", "stop")


@dataclass(frozen=True)
class Floor:
    """Seconds from the first request to the last answer, and on the host that took longest those of each
    stage, by the time of the Docker event that ends it."""

    total_s: float
    stages: Mapping[str, float]


@dataclass(frozen=True)
class _HostFloor:
    took_s: float
    stages: Mapping[str, float]


def bare_deploy(lab: Lab, hosts: Mapping[str, LabHost], config: Config, old: str, version: str) -> Floor:
    """Bring the roles of `hosts`, which are named as in the config, from one version to another."""
    gate = Event()
    if not any(role.proxied for role in config.roles):
        gate.set()

    def one(name: str) -> _HostFloor:
        bare = _BareHost(lab, hosts[name], config, version, gate)
        return bare.deploy(name, old)

    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        floors = list(pool.map(one, hosts))
    for host in hosts.values():
        _tag_latest(host, config, version)
    longest = max(floors, key=lambda each: each.took_s)
    return Floor(longest.took_s, longest.stages)


class _BareHost:
    def __init__(self, lab: Lab, host: LabHost, config: Config, version: str, gate: Event) -> None:
        self._lab = lab
        self._host = host
        self._engine = host.dockerd.engine
        self._config = config
        self._version = version
        self._gate = gate

    def deploy(self, name: str, old: str) -> _HostFloor:
        roles = [role for role in self._config.roles if name in role.hosts]
        bodies = {role.name: self._body(role, old) for role in roles}
        began, since = time.monotonic(), time.time()
        self._lab.pull(self._host, self._config.absolute_image(self._version))
        for role in roles:
            self._boot(role, old, bodies[role.name])
        return _HostFloor(time.monotonic() - began, stages_of(self._events(since), since))

    def _boot(self, role: Role, old: str, body: bytes) -> None:
        name = container_name(self._config, role.name, self._version)
        answer = self._engine.call("POST", f"/containers/create?name={name}", body, headers=_JSON)
        container = _mapping(answer)["Id"]
        if not role.proxied and not self._gate.wait(_GATE_WITHIN_S):
            raise LabError("no gatekeeper has become healthy")
        self._engine.call("POST", f"/containers/{container}/start")
        if role.proxied:
            self._switch(role, str(container)[:12])
        else:
            time.sleep(self._config.readiness_delay)
        self._engine.call("POST", f"/containers/{container_name(self._config, role.name, old)}/stop")

    def _switch(self, role: Role, target: str) -> None:
        command = deploy_command(self._config, role, self._version, target=target)
        body = json.dumps({"Cmd": command.argv, "AttachStdout": True, "AttachStderr": True}).encode()
        program = self._engine.call("POST", f"/containers/{PROXY_CONTAINER}/exec", body, headers=_JSON)
        path = f"/exec/{_mapping(program)['Id']}"
        self._engine.call("POST", f"{path}/start", b'{"Detach": false, "Tty": false}', headers=_JSON)
        if _mapping(self._engine.call("GET", f"{path}/json"))["ExitCode"] != 0:
            raise LabError(f"{command.line} has failed on {self._host.name}")
        self._gate.set()

    def _body(self, role: Role, old: str) -> bytes:
        """What a tool has made the old container from, with the new image."""
        seen = _mapping(
            self._engine.call("GET", f"/containers/{container_name(self._config, role.name, old)}/json")
        )
        settings = {**_mapping(seen["Config"]), "Image": self._config.absolute_image(self._version)}
        settings["Env"] = [
            word for word in _list(settings["Env"]) if not str(word).startswith(("APP_VERSION=", "APP_MODE="))
        ]
        del settings["Hostname"]
        joined: dict[str, object] = {"EndpointsConfig": {NETWORK: {}}}
        return json.dumps({**settings, "HostConfig": seen["HostConfig"], "NetworkingConfig": joined}).encode()

    def _events(self, since: float) -> Sequence[Mapping[str, object]]:
        span = (f"--since={since:.9f}", f"--until={time.time():.9f}")
        told = self._host.docker("events", *span, "--format={{json .}}")
        return [_mapping(json.loads(line)) for line in told.splitlines()]


def stages_of(events: Sequence[Mapping[str, object]], since: float) -> Mapping[str, float]:
    """Seconds of each stage: from the last event of the one before to its own last event."""
    stages: dict[str, float] = {}
    before = since
    for event in events:
        action = str(event.get("Action", event.get("status"))).partition(":")[0]
        if action in _LAST_OF_STAGE:
            at = int(str(event["timeNano"])) / 1e9
            stages[action] = stages.get(action, 0.0) + at - before
            before = at
    return stages


def _tag_latest(host: LabHost, config: Config, version: str) -> None:
    query = urlencode({"repo": config.repository, "tag": config.latest_tag})
    host.dockerd.engine.call("POST", f"/images/{config.absolute_image(version)}/tag?{query}")


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise LabError(f"Docker's answer makes no sense: {value!r}")
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
