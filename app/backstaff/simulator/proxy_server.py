"""The simulated kamal-proxy: checks health, switches, drains, and logs as the real one does."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC

from backstaff.clock import Seconds
from backstaff.simulator.process import Neighbour, Process
from backstaff.simulator.proxy_options import DeployOptions, ProxyRefusal, go_duration

STORAGE = "/home/kamal-proxy/.config/kamal-proxy"
_STATE_FILE = "kamal-proxy.state"
_FIRST_OK, _LAST_OK = 200, 299


class CheckFailed(Exception):
    """A health check that did not pass, in kamal-proxy's words."""


@dataclass
class Service:
    """A service and the target that answers for it, `NAME:PORT`."""

    name: str
    target: str
    options: DeployOptions
    state: str = "running"


class ProxyServer:
    """A running proxy. Its services outlive it in the volume that the container has for them.

    `requests_last_s` is how long the requests take that are in flight when a target is replaced.
    """

    def __init__(self, process: Process, requests_last_s: Seconds = 0.0) -> None:
        self._process = process
        self._clock = process.clock
        self._storage = process.inside.volume(STORAGE)
        self.requests_last_s = requests_last_s
        self.services: dict[str, Service] = {}
        for saved in json.loads(self._storage.get(_STATE_FILE, "[]")):
            options = DeployOptions(**{**saved["options"], "hosts": tuple(saved["options"]["hosts"])})
            self.services[saved["name"]] = Service(saved["name"], saved["target"], options, saved["state"])

    def log(self, message: str, **fields: object) -> None:
        """Print one JSON object, in the shape of Go's log/slog."""
        now = self._clock.wall().astimezone(UTC)
        record = {"time": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}", "level": "INFO", "msg": message, **fields}
        self._process.say(json.dumps(record, separators=(",", ":"), ensure_ascii=False))

    async def deploy(self, name: str, target: str, options: DeployOptions) -> None:
        """Check a new target, let it answer for the service, and drain the one before."""
        self._validate(options)
        self._refuse_conflict(name, options)
        about = {
            "service": name,
            "target": target,
            "hosts": list(options.hosts),
            "paths": [_root_path(options)],
            "tls": options.tls,
        }
        target = target if ":" in target else f"{target}:80"
        self.log("Deploying", **about)
        await self._until_healthy(target, options)
        self._refuse_conflict(name, options)
        old = self.services.get(name)
        self.services[name] = Service(name, target, options, old.state if old else "running")
        self._save()
        self.log("Deployed", **about)
        if old is not None:
            await self.drain(options.drain_timeout)

    async def drain(self, most: Seconds) -> None:
        """Wait for the requests in flight, but not longer than `most`."""
        await self._clock.sleep(min(self.requests_last_s, most))

    async def remove(self, name: str) -> None:
        """Forget a service."""
        service = self._known(name)
        del self.services[name]
        await self.drain(service.options.drain_timeout)
        self._save()

    async def halt(self, name: str, state: str, drain: Seconds) -> None:
        """Let a service answer no more: `stopped` or `paused`."""
        self._known(name).state = state
        await self.drain(drain)
        self._save()

    def resume(self, name: str) -> None:
        """Undo `halt`."""
        self._known(name).state = "running"
        self._save()

    def table(self) -> str:
        """What `kamal-proxy list` prints: in colours, whether a terminal reads it or not."""
        rows = [_row(service) for _, service in sorted(self.services.items())]
        widths = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
        lines = [_line(_TITLES, widths, _TITLE_COLOURS)]
        lines += [_line(row, widths, _ROW_COLOURS) for row in rows]
        return "".join(lines)

    def _known(self, name: str) -> Service:
        if name not in self.services:
            raise ProxyRefusal("service not found")
        return self.services[name]

    def _save(self) -> None:
        self._storage[_STATE_FILE] = json.dumps([asdict(each) for each in self.services.values()])

    def _validate(self, options: DeployOptions) -> None:
        if options.tls and not options.hosts:
            raise ProxyRefusal("service options invalid: host must be set when using TLS")
        if options.tls and _root_path(options) != "/":
            raise ProxyRefusal(
                "service options invalid: TLS settings must be specified on the root path service"
            )
        if options.max_request_body > 0 and not options.buffers_requests:
            raise ProxyRefusal("max-request-body can only be set when request buffering is enabled")
        if options.tls and not options.certificate and any("*" in host for host in options.hosts):
            raise ProxyRefusal("automatic TLS does not support wildcards")
        for path in filter(None, (options.certificate, options.private_key)):
            if not self._is_there(path):
                raise ProxyRefusal(f"open {path}: no such file or directory")
        if options.error_pages and not self._is_there(options.error_pages):
            raise ProxyRefusal("unable to load error pages")

    def _is_there(self, path: str) -> bool:
        on_host = self._process.inside.host_path(path)
        return on_host is not None and on_host.exists()

    def _refuse_conflict(self, name: str, options: DeployOptions) -> None:
        for other in self.services.values():
            shared = set(other.options.hosts or ("",)) & set(options.hosts or ("",))
            if other.name != name and shared and _root_path(other.options) == _root_path(options):
                raise ProxyRefusal("host settings conflict with another service")

    async def _until_healthy(self, target: str, options: DeployOptions) -> None:
        """Check at once and then every interval, until the first good answer or the deploy timeout."""
        url = _health_url(target, options)
        ends_at = self._clock.now() + options.deploy_timeout
        next_at = self._clock.now()
        while True:
            next_at += options.interval
            try:
                await self._check(target, options, within=ends_at - self._clock.now())
            except CheckFailed as error:
                if self._clock.now() < ends_at:
                    self.log("Healthcheck failed", url=url, error=str(error))
            else:
                self.log("Target health updated", target=target, state="healthy", was="adding")
                return
            await self._clock.sleep(max(0.0, min(next_at, ends_at) - self._clock.now()))
            if self._clock.now() >= ends_at:
                timeout = go_duration(options.deploy_timeout)
                raise ProxyRefusal(f"target failed to become healthy within configured timeout ({timeout})")

    async def _check(self, target: str, options: DeployOptions, within: Seconds) -> None:
        name, _, port = target.rpartition(":")
        number = options.port or int(port)
        neighbour = self._process.inside.neighbour(name)
        request = f'Get "{_health_url(target, options)}"'
        if neighbour is None:
            raise CheckFailed(f"{request}: dial tcp: lookup {name} on 127.0.0.11:53: no such host")
        status = _ask(neighbour, number, options.path, request)
        if status is None:
            await self._clock.sleep(min(options.timeout, max(within, 0.0)))
            raise CheckFailed("request timed out")
        if not _FIRST_OK <= status <= _LAST_OK:
            raise CheckFailed(f"unexpected status ({status})")


_TITLES = ["Service", "Host", "Path", "Target", "State", "TLS"]
_TITLE_COLOURS = ["3"] * 6
_ROW_COLOURS = ["1;34", "0", "0", "0", "32", "0"]


def _ask(neighbour: Neighbour, port: int, path: str, request: str) -> int | None:
    try:
        return neighbour.get(port, path)
    except ConnectionRefusedError:
        refused = f"dial tcp {neighbour.address}:{port}: connect: connection refused"
        raise CheckFailed(f"{request}: {refused}") from None


def _health_url(target: str, options: DeployOptions) -> str:
    name, _, port = target.rpartition(":")
    return f"http://{name}:{options.port or port}{options.path}"


def _root_path(options: DeployOptions) -> str:
    return "/" + options.path_prefix.strip("/")


def _row(service: Service) -> list[str]:
    host = ",".join(service.options.hosts) or "*"
    tls = "yes" if service.options.tls else "no"
    return [service.name, host, _root_path(service.options), service.target, service.state, tls]


def _line(cells: list[str], widths: list[int], colours: list[str]) -> str:
    parts = zip(cells, widths, colours, strict=True)
    return "".join(f"\x1b[{colour}m{cell:<{width}}\x1b[0m  " for cell, width, colour in parts) + "\n"
