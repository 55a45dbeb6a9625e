"""Time that passes at once: an event loop that jumps to its next timer whenever nothing can run."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from math import inf
from typing import ParamSpec, TypeVar

from backstaff.clock import LoopClock, Seconds

P = ParamSpec("P")
T = TypeVar("T")

EPOCH = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
START: Seconds = 1000.0
MOST_ROUNDS_AT_ONCE = 20_000
PATIENCE: Seconds = 24 * 3600.0


class Deadlock(BaseException):
    """Nothing is scheduled and the test is not done, or it runs on without ever getting anywhere.

    Not an `Exception`, so that no boundary in the code under test can take it for a failure of a run.
    """


class _JumpingSelector(selectors.SelectSelector):
    """Asks the real selector without waiting; where it would have waited, time jumps."""

    def __init__(self) -> None:
        super().__init__()
        self._rounds = 0
        self.now: Seconds = START
        self.until: Seconds = START + PATIENCE

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock("nothing is scheduled and the test is not done: it waits for what never comes")
        self._rounds = 0 if timeout > 0 else self._rounds + 1
        if self._rounds > MOST_ROUNDS_AT_ONCE:
            self._rounds = 0
            raise Deadlock(f"busy for ever at {self.now - START:.3f} s: no time passes any more")
        self.now += max(timeout, 0.0)
        if self.now > self.until:
            until, self.until = self.until, inf
            raise Deadlock(f"not done after {until - START:g} s of simulated time")
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while anything runs. For no real input and output."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> Seconds:
        """Simulated seconds; starts at `START`."""
        return self._jumping.now

    def give_up_at(self, elapsed: Seconds) -> None:
        """Raise `Deadlock` once `elapsed` simulated seconds have passed since the start."""
        self._jumping.until = START + elapsed


class SimulatedClock(LoopClock):
    """The simulated loop's time, and a time of day that goes with it."""

    def wall(self) -> datetime:
        """`EPOCH` and what has passed since."""
        return EPOCH + timedelta(seconds=self.now() - START)


def simulate(main: Coroutine[object, object, T], *, within_s: Seconds = PATIENCE) -> T:
    """Run `main` on simulated time and return its result. Raises `Deadlock` if it does not end within
    `within_s` simulated seconds, and whatever a timer of a fake raised."""
    broken: list[BaseException] = []

    def note(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        if "handle" in context and isinstance(error, BaseException):
            broken.append(error)

    try:
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            loop = runner.get_loop()
            loop.set_exception_handler(note)
            if isinstance(loop, SimulatedLoop):
                loop.give_up_at(within_s)
            return runner.run(main)
    finally:
        if broken:
            raise broken[0]


def simulated(test: Callable[P, Coroutine[object, object, None]]) -> Callable[P, None]:
    """Make an async test one that runs on simulated time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        simulate(test(*args, **kwargs))

    return run


def elapsed() -> Seconds:
    """Simulated seconds since the start."""
    return asyncio.get_running_loop().time() - START
