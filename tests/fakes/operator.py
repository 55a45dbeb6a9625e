"""Somebody who can be asked: answers as arranged, after a while."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.clock import Seconds
from backstaff.engine.asking import Asking
from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion, OperatorGone
from backstaff.errors import HostKeyRefused
from backstaff.hosts.protocol import Host
from tests.fakes.hosts import Datacentre

KNOWN_HOSTS = "~/.ssh/hosts_of_the_shop"


@dataclass
class FakeOperator:
    """`trusted` are the hosts whose keys it accepts. With `gone` it leaves instead of answering."""

    trusted: frozenset[str] = frozenset()
    choices: tuple[LockChoice, ...] = (LockChoice.LEAVE,)
    takes_s: Seconds = 1.0
    gone: bool = False
    asked: list[HostKeyQuestion | LockQuestion] = field(default_factory=list)
    cancelled: int = 0
    most_at_once: int = 0
    _open: int = 0

    @property
    def hosts(self) -> list[str]:
        """The hosts that were asked about, in order."""
        return [question.host for question in self.asked]

    async def trusts(self, question: HostKeyQuestion) -> bool:
        await self._consider(question)
        return question.host in self.trusted

    async def decide(self, question: LockQuestion) -> LockChoice:
        number = len([each for each in self.asked if isinstance(each, LockQuestion)])
        await self._consider(question)
        return self.choices[min(number, len(self.choices) - 1)]

    async def _consider(self, question: HostKeyQuestion | LockQuestion) -> None:
        self.asked.append(question)
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            await asyncio.sleep(self.takes_s)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self._open -= 1
        if self.gone:
            raise OperatorGone


class UnknownKeys:
    """The connector to hosts whose keys nobody knows: by name, the fingerprints that they show."""

    def __init__(self, datacentre: Datacentre, asking: Asking | None, keys: Mapping[str, str]) -> None:
        self._datacentre = datacentre
        self._asking = asking
        self._keys = keys

    async def connect(self, name: str) -> Host:
        asking = self._asking if name in self._keys else None
        if asking is not None and not await asking.trusts(name, self._keys[name], KNOWN_HOSTS):
            raise HostKeyRefused("its host key is unknown", where=name)
        return await self._datacentre.connect(name)

    async def open_docker(self, host: Host) -> None:
        await self._datacentre.open_docker(host)
