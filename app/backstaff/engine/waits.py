"""The one way to wait. Nothing in the engine waits except through `Waits.wait`.

A wait has a kind, a cause, an owner (who can end it), and a limit. It ends with its work, with its limit,
or with the first of its breakers that trips; and while it lasts it is explained from the board.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from backstaff.clock import Clock, Seconds
from backstaff.errors import BackstaffError, Doomed, WaitExpired
from backstaff.events.facts import Explanation, Outcome, WaitKind
from backstaff.events.stream import EventStream
from backstaff.events.types import Notice, WaitEnded, WaitExplained, WaitStarted
from backstaff.explain.why import ACTIVITIES, advice_when_over, explain_wait
from backstaff.explain.words import duration

T = TypeVar("T")

QUIET_FOR_S = 2.0
REFRESH_S = 1.0
REFRESH_FOR_EACH_S = 0.05
"""With hundreds of waits at once each is explained less often: telling must not hold up the run."""
HEARTBEAT_S = 10.0


class Breaker:
    """Ends the waits it guards, at once, with one error: a lost link, a dead engine, a doomed container."""

    def __init__(self) -> None:
        self.error: BackstaffError | None = None
        self._timers: set[asyncio.Timeout] = set()

    @property
    def tripped(self) -> bool:
        """Whether the guarded waits were ended."""
        return self.error is not None

    def trip(self, error: BackstaffError) -> None:
        """End all guarded waits, now and from now on. The first error stays."""
        if self.error is not None:
            return
        self.error = error
        now = asyncio.get_running_loop().time()
        for timer in self._timers:
            if not timer.expired():
                timer.reschedule(now)

    @contextmanager
    def guarding(self, timer: asyncio.Timeout) -> Iterator[None]:
        """Let this breaker expire `timer` while the body runs."""
        self._timers.add(timer)
        try:
            yield
        finally:
            self._timers.discard(timer)


@dataclass(frozen=True)
class Wait:
    """What to wait for. With `silence` the limit counts from the last sign of life; a `quiet` wait is an
    ordinary call and is announced only once it lasts. `slack_s` is granted beyond the limit without being
    told, for work that itself ends at the limit."""

    what: WaitKind
    cause: str
    owner: str
    limit_s: Seconds
    host: str = ""
    role: str = ""
    silence: bool = False
    quiet: bool = False
    slack_s: Seconds = 0.0


class Ongoing:
    """A wait that is going on; its work calls `alive` at each sign of life."""

    def __init__(
        self,
        number: int,
        wait: Wait,
        timer: asyncio.Timeout,
        clock: Clock,
        breakers: Sequence[Breaker] = (),
    ) -> None:
        self._breakers = breakers
        self.number = number
        self.wait = wait
        self.started = clock.now()
        self.deadline = self.started + wait.limit_s
        self.announced = False
        self.unexplainable = False
        self.told: Explanation | None = None
        self.told_at = self.started
        self._timer = timer
        self._clock = clock

    def alive(self) -> None:
        """Move the deadline of a `silence` wait; does nothing to others or once the wait is over."""
        if self.wait.silence:
            self._move(self._clock.now() + self.wait.limit_s)

    def postpone(self, by_s: Seconds) -> None:
        """Move the deadline, back again if `by_s` is negative; does nothing once the wait is over."""
        self._move(self.deadline + by_s)

    def _move(self, deadline: Seconds) -> None:
        if self._timer.expired() or any(breaker.tripped for breaker in self._breakers):
            return
        self.deadline = deadline
        self._clock.reschedule(self._timer, deadline + self.wait.slack_s)


@dataclass
class _Pause:
    """A time that is not counted in waits of some kinds; `until` is its latest end."""

    kinds: Collection[WaitKind]
    until: Seconds
    postponed: list[Ongoing] = field(default_factory=list)


class Waits:
    """All waits of one run. `explain_until_cancelled` must run beside the work for waits to be explained."""

    def __init__(self, stream: EventStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._numbers = count(1)
        self._open: dict[int, Ongoing] = {}
        self._pauses: list[_Pause] = []

    async def wait(
        self,
        wait: Wait,
        work: Callable[[Ongoing], Awaitable[T]],
        breakers: Sequence[Breaker] = (),
    ) -> T:
        """Do `work` within the wait's limit and return its result.

        Raises `WaitExpired` at the limit, the error of the first breaker that trips, or the work's own.
        """
        _raise_if_tripped(breakers)
        timer_at = self._clock.now() + wait.limit_s + wait.slack_s
        ongoing: Ongoing | None = None
        try:
            async with self._clock.timeout_at(timer_at) as timer:
                ongoing = self._begin(wait, timer, breakers)
                with _all_guarding(breakers, timer):
                    result = await work(ongoing)
        except TimeoutError as timeout:
            error = next((breaker.error for breaker in breakers if breaker.error), None)
            if ongoing is None:
                raise
            if not timer.expired():
                self._end(ongoing, Outcome.FAILED, str(timeout))
                raise
            if error is None:
                expired = self._expired(ongoing)
                self._end(ongoing, Outcome.EXPIRED, "the time is up")
                raise expired from timeout
            self._end(ongoing, Outcome.DOOMED if isinstance(error, Doomed) else Outcome.FAILED, str(error))
            raise error from None
        except asyncio.CancelledError:
            if ongoing is not None:
                self._end(ongoing, Outcome.CANCELLED, "cancelled")
            raise
        except Exception as error:
            if ongoing is not None:
                self._end(ongoing, Outcome.FAILED, str(error))
            raise
        self._end(ongoing, Outcome.DONE, "")
        return result

    @contextmanager
    def postponing(self, kinds: Collection[WaitKind], most_s: Seconds) -> Iterator[None]:
        """Do not count the time that the body takes, `most_s` at most, in waits of these kinds."""
        pause = _Pause(kinds, self._clock.now() + most_s)
        for each in self._open.values():
            self._postpone(each, pause)
        self._pauses.append(pause)
        try:
            yield
        finally:
            self._pauses.remove(pause)
            unused = pause.until - self._clock.now()
            for each in pause.postponed:
                if each.number in self._open:
                    each.postpone(-unused)

    def _postpone(self, ongoing: Ongoing, pause: _Pause) -> None:
        if ongoing.wait.what in pause.kinds:
            ongoing.postpone(pause.until - self._clock.now())
            pause.postponed.append(ongoing)

    async def explain_until_cancelled(self) -> None:
        """Tell why each open wait lasts: at once when the reason changes, else as a heartbeat."""
        while True:
            await self._clock.sleep(max(REFRESH_S, len(self._open) * REFRESH_FOR_EACH_S))
            for ongoing in list(self._open.values()):
                if ongoing.number in self._open:
                    self._explain_or_say_why_not(ongoing)
                # Hundreds of explanations in one go would hold up keys and hosts alike.
                await asyncio.sleep(0)

    def _explain_or_say_why_not(self, ongoing: Ongoing) -> None:
        """An explanation that breaks must not end the run that it explains."""
        if ongoing.unexplainable:
            return
        try:
            self._explain(ongoing)
        except Exception as bug:  # noqa: BLE001 - the boundary between the run and its explanation
            ongoing.unexplainable = True
            text = f"the wait for {ongoing.wait.cause} can not be explained: {type(bug).__name__}: {bug}"
            self._stream.emit(Notice(level="warning", host=ongoing.wait.host, text=text))

    def _begin(self, wait: Wait, timer: asyncio.Timeout, breakers: Sequence[Breaker]) -> Ongoing:
        ongoing = Ongoing(next(self._numbers), wait, timer, self._clock, breakers)
        self._open[ongoing.number] = ongoing
        for pause in self._pauses:
            self._postpone(ongoing, pause)
        if not wait.quiet:
            self._announce(ongoing)
        return ongoing

    def _announce(self, ongoing: Ongoing) -> None:
        wait = ongoing.wait
        ongoing.announced = True
        self._stream.emit(
            WaitStarted(
                wait=ongoing.number,
                what=wait.what,
                cause=wait.cause,
                owner=wait.owner,
                limit_s=wait.limit_s,
                host=wait.host,
                role=wait.role,
                silence=wait.silence,
                quiet=wait.quiet,
            )
        )

    def _explain(self, ongoing: Ongoing) -> None:
        now = self._clock.now()
        if not ongoing.announced:
            if now - ongoing.started < QUIET_FOR_S:
                return
            self._announce(ongoing)
        why = explain_wait(self._stream.board, ongoing.number, self._stream.offset())
        heartbeat = now - ongoing.told_at >= HEARTBEAT_S
        if why == ongoing.told and not heartbeat:
            return
        if heartbeat:
            ongoing.told_at = now
        ongoing.told = why
        left = max(0.0, ongoing.deadline - now)
        self._stream.emit(WaitExplained(wait=ongoing.number, why=why, left_s=left, heartbeat=heartbeat))

    def _expired(self, ongoing: Ongoing) -> WaitExpired:
        if not ongoing.announced:
            self._announce(ongoing)
        wait = ongoing.wait
        why = explain_wait(self._stream.board, ongoing.number, self._stream.offset())
        evidence = [line for each in why.evidence for line in (f"{each.host} {each.doing}", *each.lines)]
        return WaitExpired(
            _gave_up(wait),
            where=wait.host,
            evidence=evidence,
            fix=advice_when_over(why.advice),
        )

    def _end(self, ongoing: Ongoing, outcome: Outcome, reason: str) -> None:
        del self._open[ongoing.number]
        if ongoing.announced:
            took = self._clock.now() - ongoing.started
            self._stream.emit(WaitEnded(wait=ongoing.number, outcome=outcome, took_s=took, reason=reason))


def _gave_up(wait: Wait) -> str:
    limit = duration(wait.limit_s)
    if wait.what not in ACTIVITIES:
        return f"waited {limit} in vain for {wait.cause}"
    return f"{wait.cause}: gave up after {limit}{' without a sign of life' if wait.silence else ''}"


async def broken_by(breakers: Sequence[Breaker], work: Callable[[], Awaitable[T]]) -> T:
    """Do work that follows something without an end, such as a log: it is no wait, has no limit, and is
    ended by its reader. Raises the error of the first breaker that trips."""
    try:
        async with asyncio.timeout(None) as timer:
            with _all_guarding(breakers, timer):
                _raise_if_tripped(breakers)
                return await work()
    except TimeoutError:
        _raise_if_tripped(breakers)
        raise


def _raise_if_tripped(breakers: Sequence[Breaker]) -> None:
    for breaker in breakers:
        if breaker.error is not None:
            raise breaker.error


@contextmanager
def _all_guarding(breakers: Sequence[Breaker], timer: asyncio.Timeout) -> Iterator[None]:
    if not breakers:
        yield
        return
    with breakers[0].guarding(timer), _all_guarding(breakers[1:], timer):
        yield
