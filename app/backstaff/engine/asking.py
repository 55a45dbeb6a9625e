"""Asking the operator while the run goes on: one question at a time, each within a wait that ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backstaff.config.models import UnknownHosts
from backstaff.engine.questions import (
    HostKeyQuestion,
    KeyPurpose,
    LockChoice,
    LockQuestion,
    Operator,
    OperatorGone,
)
from backstaff.engine.waits import Wait, Waits
from backstaff.errors import HostKeyRefused, WaitExpired
from backstaff.events.facts import WaitKind
from backstaff.explain.words import duration

T = TypeVar("T")

ANSWER_WITHIN_S = 300.0
"""How long a question waits for its answer: the run holds up nobody for longer."""
_STAND_STILL = {WaitKind.CONNECT, WaitKind.LOCK}
"""Waits during which a question may come up, here or on another host. The time of asking is not theirs."""

_AGAIN = {KeyPurpose.RUN: "deploy again", KeyPurpose.FOLLOW: "follow it again"}


class Asking:
    """Asks on behalf of one run, or of something else that connects for `purpose`. `unknown_hosts` answers
    once the operator is gone."""

    def __init__(
        self,
        waits: Waits,
        operator: Operator,
        unknown_hosts: UnknownHosts,
        purpose: KeyPurpose = KeyPurpose.RUN,
    ) -> None:
        self._waits = waits
        self._operator = operator
        self._unknown_hosts = unknown_hosts
        self._purpose = purpose
        self._one_at_a_time = asyncio.Lock()

    def on_behalf_of(self, purpose: KeyPurpose) -> "Asking":
        """The same operator, asked for another purpose."""
        return Asking(self._waits, self._operator, self._unknown_hosts, purpose)

    async def trusts(self, host: str, fingerprint: str, written_to: str) -> bool:
        """Whether the key that a host showed is to be accepted, and written to that file. Raises
        `HostKeyRefused` if nobody says so in time."""
        question = HostKeyQuestion(host, fingerprint, written_to, self._purpose)
        cause = f"an answer: is {fingerprint} the key of {host}?"
        try:
            return await self._answer(host, cause, lambda: self._operator.trusts(question))
        except OperatorGone:
            return self._unknown_hosts is UnknownHosts.ACCEPT_NEW
        except WaitExpired as expired:
            limit, again = duration(ANSWER_WITHIN_S), _AGAIN[self._purpose]
            raise HostKeyRefused(
                f"its host key {fingerprint} is unknown, and nobody said within {limit} that it is right",
                where=host,
                fix=f"compare the fingerprint with the host's own, then {again} and accept it",
            ) from expired

    async def decide(self, question: LockQuestion) -> LockChoice | None:
        """What to do about a lock, None if there is nobody left to ask. Raises `WaitExpired` if nobody
        says so in time."""
        cause = f"an answer: what to do about the deploy lock of {question.holder or 'somebody else'}?"
        try:
            return await self._answer(question.host, cause, lambda: self._operator.decide(question))
        except OperatorGone:
            return None

    async def _answer(self, host: str, cause: str, ask: Callable[[], Awaitable[T]]) -> T:
        wait = Wait(WaitKind.ANSWER, cause, "the operator", ANSWER_WITHIN_S, host)
        async with self._one_at_a_time:
            with self._waits.postponing(_STAND_STILL, ANSWER_WITHIN_S):
                return await self._waits.wait(wait, lambda _: ask())
