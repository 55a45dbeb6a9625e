"""The operator at a console, who may leave while the run goes on, and even while a question is open."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from backstaff.engine.questions import HostKeyQuestion, LockChoice, LockQuestion, Operator, OperatorGone

T = TypeVar("T")


class ConsoleOperator:
    """Passes questions on to whoever is `there`. A host key that was accepted is not asked about again, one
    that was refused not during the same run."""

    def __init__(self) -> None:
        self._there: Operator | None = None
        self._open: set[asyncio.Timeout] = set()
        self._keys: dict[tuple[str, str], bool] = {}

    def comes(self, there: Operator) -> None:
        """A run begins, and its questions go to `there`."""
        self._there = there
        self._keys = {key: trusted for key, trusted in self._keys.items() if trusted}

    def leaves(self) -> None:
        """Nobody is there any more: open questions end with `OperatorGone`, and so does each later one."""
        self._there = None
        now = asyncio.get_running_loop().time()
        for timer in self._open:
            if not timer.expired():
                timer.reschedule(now)

    async def trusts(self, question: HostKeyQuestion) -> bool:
        """Whether the key is to be accepted."""
        key = question.host, question.fingerprint
        if key not in self._keys:
            self._keys[key] = await self._asked(lambda there: there.trusts(question))
        return self._keys[key]

    async def decide(self, question: LockQuestion) -> LockChoice:
        """What to do about the lock."""
        return await self._asked(lambda there: there.decide(question))

    async def _asked(self, ask: Callable[[Operator], Awaitable[T]]) -> T:
        if self._there is None:
            raise OperatorGone
        try:
            async with asyncio.timeout(None) as timer:
                self._open.add(timer)
                try:
                    return await ask(self._there)
                finally:
                    self._open.discard(timer)
        except TimeoutError:
            if timer.expired():
                raise OperatorGone from None
            raise
