"""A container's HEALTHCHECK, run as Docker runs it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from backstaff.clock import Clock, Seconds
from backstaff.simulator.images import HealthCheck

_KEPT = 5


@dataclass(frozen=True)
class Probe:
    """One run of the check; times in nanoseconds since 1970."""

    start: int
    end: int
    exit_code: int
    output: str


@dataclass
class HealthMonitor:
    """Runs `check` and keeps what came of it. `run` executes the check's program, `changed` is told the new
    status whenever it changes."""

    check: HealthCheck
    clock: Clock
    stamp: Callable[[], int]
    run: Callable[[tuple[str, ...]], Awaitable[tuple[int, str]]]
    changed: Callable[[str], None]
    status: str = "starting"
    streak: int = 0
    log: list[Probe] = field(default_factory=list)

    async def watch(self) -> None:
        """Check until cancelled."""
        began = self.clock.now()
        while True:
            await self.clock.sleep(self.check.interval)
            probe = await self._probe()
            self.log = [*self.log, probe][-_KEPT:]
            self._judge(probe, since_start=self.clock.now() - began)

    async def _probe(self) -> Probe:
        start = self.stamp()
        try:
            async with self.clock.timeout_at(self.clock.now() + self.check.timeout):
                code, output = await self.run(self.check.argv)
        except TimeoutError:
            code, output = -1, f"Health check exceeded timeout ({self.check.timeout:g}s)"
        return Probe(start, self.stamp(), code, output)

    def _judge(self, probe: Probe, *, since_start: Seconds) -> None:
        was = self.status
        if probe.exit_code == 0:
            self.streak, self.status = 0, "healthy"
        elif was != "starting" or since_start >= self.check.start_period:
            self.streak += 1
            if self.streak >= self.check.retries:
                self.status = "unhealthy"
        if self.status != was:
            self.changed(self.status)
