"""What to do about a deploy lock that somebody else holds: what the operator says, if there is one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from backstaff.clock import Seconds
from backstaff.engine.context import RunContext
from backstaff.engine.questions import LockChoice, LockQuestion
from backstaff.kamal.lock import LockOwner, LockReport


@dataclass(frozen=True)
class LockPatience:
    """Whether to wait for somebody else's lock: for `wait_s` seconds (0: not at all), looking anew every
    `interval_s` seconds."""

    wait_s: Seconds = 0
    interval_s: Seconds = 15


class LockChooser:
    """Decides, for one run, about the locks that it meets. `release` is the command that releases them."""

    def __init__(
        self,
        run: RunContext,
        host: str,
        is_dead: Callable[[LockOwner], bool],
        patience: LockPatience,
        release: str,
    ) -> None:
        self._run = run
        self._host = host
        self._is_dead = is_dead
        self._patience = patience
        self._release = release
        self._chosen: dict[tuple[bool, str, str], LockChoice] = {}

    @property
    def limit_s(self) -> Seconds:
        """How long a lock is waited for, once that was chosen."""
        return self._patience.wait_s or self._run.timeouts.lock

    @property
    def interval_s(self) -> Seconds:
        """How often is looked whether it is free."""
        return self._patience.interval_s

    def stale(self, report: LockReport) -> LockOwner | None:
        """The lock's owner if that process is known to be dead."""
        return report.owner if report.owner is not None and self._is_dead(report.owner) else None

    async def choose(self, report: LockReport) -> LockChoice:
        """Waiting that was asked for on the command line needs no question; neither does a holder who was
        decided about before, unless it has died since. Raises `WaitExpired` if nobody answers."""
        stale = self.stale(report)
        if stale is None and self._waits_for(report):
            return LockChoice.WAIT
        holder = (stale is not None, report.owner_text, report.details.text if report.details else "")
        chosen = self._chosen.get(holder) or await self._asked(report, stale)
        if chosen is LockChoice.TAKE_OVER and stale is None:
            return LockChoice.LEAVE
        self._chosen[holder] = chosen
        return chosen

    async def _asked(self, report: LockReport, stale: LockOwner | None) -> LockChoice:
        if self._run.asking is not None:
            question = lock_question(self._host, report, stale, self._run.clock.wall(), self._release)
            answer = await self._run.asking.decide(question)
            if answer is not None:
                return answer
        return LockChoice.LEAVE if stale is None else LockChoice.TAKE_OVER

    def _waits_for(self, report: LockReport) -> bool:
        """Whether patience is asked for, and has sense: a lock taken by hand may stay for days."""
        automatic = report.details is None or report.details.automatic
        return self._patience.wait_s > 0 and automatic


def lock_question(
    host: str, report: LockReport, stale: LockOwner | None, now: datetime, release: str
) -> LockQuestion:
    """What the operator is told about a lock before choosing."""
    dead = f"its process {stale.pid} on this machine is dead (run {stale.run})" if stale else ""
    details = report.details
    if details is None:
        return LockQuestion(host, "", dead=dead, release=release)
    return LockQuestion(
        host,
        details.locked_by,
        since=details.at,
        age_s=_age_s(details.at, now),
        version=details.version,
        message=details.message,
        by_hand=not details.automatic,
        dead=dead,
        release=release,
    )


def _age_s(at: str, now: datetime) -> Seconds | None:
    """None for what is no time. Clocks differ, so a lock may seem to be from the future: it is new."""
    try:
        since = datetime.fromisoformat(at)
    except ValueError:
        return None
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return max(0.0, (now - since).total_seconds())
