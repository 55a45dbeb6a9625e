"""kamal-proxy as a fake: it checks new targets, switches, drains, and lists."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backstaff.clock import Seconds
from backstaff.hosts.protocol import CommandResult
from tests.fakes.containers import KILLED, FakeContainer
from tests.fakes.wire import Reply

_HEADINGS = ("Service", "Host", "Path", "Target", "State", "TLS")
DEFAULT_LIMIT: Seconds = 30
_AT_ONCE: Seconds = 0.001


@dataclass(frozen=True)
class Service:
    """Where the traffic of one role goes. `target` is `ID:PORT`."""

    name: str
    host: str
    target: str

    @property
    def container(self) -> str:
        """The container's short id."""
        return self.target.partition(":")[0]


class FakeProxy:
    """The proxy of one server. `find` looks a container up by id, `switched` is told of each switch.

    `clients_die_after_s` is how long the programs that ask it to deploy live: it goes on without them.
    `checks_after_list` makes it check what it has still to check right after it has told what it serves: the
    worst moment for whoever goes by that."""

    def __init__(
        self,
        find: Callable[[str], FakeContainer | None],
        say: Callable[[str], None],
        switched: Callable[[Service], None],
    ) -> None:
        self.services: dict[str, Service] = {}
        self._find = find
        self._say = say
        self._switched = switched
        self._deploying: list[_Deploying] = []
        self.checks_after_list = False
        self.clients_die_after_s: Seconds | None = None

    def answer(self, argv: Sequence[str], reply: Reply[CommandResult]) -> None:
        """Do what one call of its program asks for."""
        match list(argv[1:]):
            case ["list"]:
                reply.give(CommandResult(0, self._table()))
                if self.checks_after_list:
                    for each in list(self._deploying):
                        asyncio.get_running_loop().call_later(_AT_ONCE, each.look)
            case ["remove", name, *_]:
                known = self.services.pop(name, None)
                reply.give(CommandResult(0) if known else CommandResult(1, stderr="Error: service not found"))
            case ["deploy", name, *flags]:
                deploying = _Deploying(self, name, flags, reply)
                self._deploying.append(deploying)
                deploying.check()
                if self.clients_die_after_s is not None:
                    died = CommandResult(KILLED)
                    asyncio.get_running_loop().call_later(self.clients_die_after_s, reply.give, died)
            case other:
                reply.give(CommandResult(2, stderr=f"Error: unknown command {other}"))

    def serves(self, name: str) -> FakeContainer | None:
        """The container that gets the traffic of a role."""
        service = self.services.get(name)
        return self._find(service.container) if service else None

    def ends(self) -> None:
        """Its container ends, and with it whatever talks to it."""
        deploying, self._deploying = self._deploying, []
        for each in deploying:
            each.end()

    def _table(self) -> str:
        rows = [
            _HEADINGS,
            *((s.name, s.host, "/", s.target, "running", "no") for s in self.services.values()),
        ]
        widths = [max(len(row[column]) for row in rows) + 2 for column in range(len(_HEADINGS))]
        return "".join(
            "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
            for row in rows
        )


class _Deploying:
    """One `kamal-proxy deploy`; goes on if its caller goes away, as the real one does."""

    def __init__(
        self, proxy: FakeProxy, name: str, flags: Sequence[str], reply: Reply[CommandResult]
    ) -> None:
        options = dict(each.removeprefix("--").partition("=")[::2] for each in flags)
        self._proxy = proxy
        self._name = name
        self._target = options["target"]
        self._host = options.get("host", "")
        self._reply = reply
        self._limit = _seconds(options.get("deploy-timeout", ""), DEFAULT_LIMIT)
        self._drain = _seconds(options.get("drain-timeout", ""), DEFAULT_LIMIT)
        self._interval = _seconds(options.get("health-check-interval", ""), 1)
        self._path = options.get("health-check-path", "/up")
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + self._limit
        self._ended = False

    def end(self) -> None:
        """The proxy ends."""
        self._ended = True
        self._reply.give(CommandResult(1, stderr="Error: EOF\n"))

    def look(self) -> None:
        """Check once, and once more when a frozen container goes on: it answers then what had come."""
        container = self._proxy._find(self._target.partition(":")[0])
        if self._ended or container is None:
            return
        if container.paused:
            container.when_awake(self.look)
        elif container.serves:
            self._switch()

    def check(self) -> None:
        """Check now, and again and again."""
        self.look()
        if self._ended:
            return
        self._log(
            "Healthcheck failed",
            url=f"http://{self._target}{self._path}",
            error=f'Get "http://{self._target}{self._path}": dial tcp: connect: connection refused',
        )
        left = self._until - self._loop.time()
        if left > self._interval:
            self._loop.call_later(self._interval, self.check)
        else:
            self._loop.call_later(max(0.0, left), self._give_up)

    def _switch(self) -> None:
        self._ended = True
        before = self._proxy.serves(self._name)
        service = Service(self._name, self._host, self._target)
        self._log("Target health updated", target=self._target, state="healthy", was="adding")
        self._proxy.services[self._name] = service
        self._proxy._switched(service)
        drain = min(before.app.drains_s, self._drain) if before is not None else 0.0
        self._loop.call_later(drain, self._done)

    def _done(self) -> None:
        self._log("Deployed", service=self._name)
        self._reply.give(CommandResult(0))

    def _give_up(self) -> None:
        if self._ended:
            return
        self._ended = True
        text = f"Error: target failed to become healthy within configured timeout ({self._limit:g}s)\n"
        self._reply.give(CommandResult(1, stderr=text))

    def _log(self, message: str, **fields: str) -> None:
        self._proxy._say(json.dumps({"level": "INFO", "msg": message, **fields}))


def _seconds(text: str, default: Seconds) -> Seconds:
    return float(text.removesuffix("s")) if text else default
