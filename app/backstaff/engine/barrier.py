"""The barrier: roles that wait until the first container of the primary role is healthy.

Unlike a bare latch it knows who can still open it. It is resolved, one way or the other, the moment that
the last of those ends, for whatever reason; so nobody can wait for somebody who will never come.
"""

import asyncio
from collections.abc import Sequence

from backstaff.clock import Seconds
from backstaff.events.facts import BarrierState
from backstaff.events.stream import EventStream
from backstaff.events.types import BarrierChanged
from backstaff.explain.words import listed


class Barrier:
    """One barrier for the whole run, named after its gatekeepers' role.

    Gatekeepers are added group by group: those of groups that have not begun can not open it yet, and a
    group that fails is the last one to begin. The plan has proved that each waiting role finds a
    gatekeeper in its own group or an earlier one.
    """

    def __init__(self, name: str, limit_s: Seconds, stream: EventStream) -> None:
        self.name = name
        self.limit_s = limit_s
        self.state = BarrierState.CLOSED
        self.reason = ""
        self._stream = stream
        self._can_open: dict[str, None] = {}
        self._ended: dict[str, str] = {}
        self._waiting: dict[str, None] = {}
        self._resolved = asyncio.Event()
        self._near = asyncio.Event()

    @property
    def resolved(self) -> bool:
        """Whether nobody has to wait at it any more."""
        return self.state is not BarrierState.CLOSED

    @property
    def is_open(self) -> bool:
        """Whether those who waited may go on."""
        return self.state is BarrierState.OPEN

    def expect(self, hosts: list[str]) -> None:
        """`hosts` begin to boot gatekeepers; they can open the barrier."""
        self._can_open.update(dict.fromkeys(hosts))
        self._tell()

    def approached(self) -> None:
        """A gatekeeper has started and is being checked: who waits may get ready."""
        self._near.set()

    def opened_by(self, host: str) -> None:
        """The gatekeeper on `host` is healthy. Only the first one changes anything."""
        self._can_open.pop(host, None)
        if self.state is BarrierState.CLOSED:
            self._resolve(BarrierState.OPEN, f"{self.name} is healthy on {host}")

    def open_since_before(self, hosts: Sequence[str]) -> None:
        """Gatekeepers on `hosts` were just now seen healthy on the version: nobody has to wait."""
        self._resolve(BarrierState.OPEN, f"{self.name} is healthy on {listed(hosts)} since the resumed run")

    def given_up(self, host: str, reason: str) -> None:
        """The gatekeeper on `host` ended without becoming healthy."""
        if host not in self._can_open:
            return
        del self._can_open[host]
        self._ended[host] = reason
        if self.state is BarrierState.CLOSED and not self._can_open:
            self._resolve(BarrierState.FAILED, f"no {self.name} container became healthy", self._why_not())
        elif self.state is BarrierState.CLOSED:
            self._tell()

    async def passed(self, waiter: str) -> bool:
        """Wait until the barrier is resolved; True if it opened. `waiter` is shown as `role@host`."""
        self._waiting[waiter] = None
        self._tell()
        try:
            await self._resolved.wait()
        finally:
            self._waiting.pop(waiter, None)
        return self.is_open

    async def near(self) -> bool:
        """Return when it is time to get ready; False if there is nothing more to get ready for. For the side
        of who waits in `passed`: this ends with the barrier at the latest."""
        await self._near.wait()
        return self.state is not BarrierState.FAILED

    def owner(self) -> str:
        """Who can still open it, for people."""
        return f"{self.name} on {', '.join(self._can_open)}" if self._can_open else "nobody"

    def _why_not(self) -> str:
        """Why each gatekeeper ended, those that ended alike together."""
        alike: dict[str, list[str]] = {}
        for host, why in self._ended.items():
            alike.setdefault(why, []).append(host)
        return "; ".join(f"{listed(hosts)}: {why}" for why, hosts in alike.items())

    def _resolve(self, state: BarrierState, reason: str, more: str = "") -> None:
        """`reason` is what each waiting pair is told; `more` of it is told once, with the barrier."""
        self.state, self.reason = state, reason
        self._tell(f"{reason} ({more})" if more else reason)
        self._resolved.set()
        self._near.set()

    def _tell(self, reason: str = "") -> None:
        self._stream.emit(
            BarrierChanged(
                barrier=self.name,
                state=self.state,
                can_open=tuple(self._can_open),
                waiting=tuple(self._waiting),
                reason=reason or self.reason,
            )
        )
