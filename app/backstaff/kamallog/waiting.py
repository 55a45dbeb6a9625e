"""The waits of a log: numbered, and open until the log tells their end."""

from dataclasses import dataclass

from backstaff.events.facts import Outcome, WaitKind
from backstaff.events.types import WaitEnded, WaitStarted
from backstaff.kamallog.survey import Pair
from backstaff.kamallog.telling import Teller

NO_LIMIT = 0.0
"""The limit of a wait to which Kamal sets none."""


@dataclass(frozen=True)
class _Open:
    number: int
    what: WaitKind
    pair: Pair
    since_t: float


class Waits:
    """Begins and ends waits; a pair has at most one of each kind."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._count = 0
        self._open: dict[tuple[WaitKind, Pair], _Open] = {}

    def begin(self, what: WaitKind, pair: Pair, cause: str, owner: str, limit_s: float) -> None:
        """Something waits, unless it does so already."""
        if (what, pair) in self._open:
            return
        self._count += 1
        self._open[what, pair] = _Open(self._count, what, pair, self._teller.timeline.t)
        host, role = pair
        self._teller.tell(
            WaitStarted(
                wait=self._count, what=what, cause=cause, owner=owner, limit_s=limit_s, host=host, role=role
            )
        )

    def end(self, what: WaitKind, pair: Pair, outcome: Outcome, reason: str = "") -> None:
        """A wait is over; does nothing if it was not told of."""
        wait = self._open.pop((what, pair), None)
        if wait is None:
            return
        took = round(self._teller.timeline.t - wait.since_t, 3)
        self._teller.tell(WaitEnded(wait=wait.number, outcome=outcome, took_s=took, reason=reason))

    def end_all(self, outcome: Outcome, pair: Pair | None = None) -> None:
        """All waits are over, or all of one pair."""
        for what, whose in list(self._open):
            if pair is None or whose == pair:
                self.end(what, whose, outcome)

    def since(self, pair: Pair, otherwise: float) -> float:
        """When the last wait of a pair began, in seconds into the run."""
        return max(
            (wait.since_t for (_, whose), wait in self._open.items() if whose == pair), default=otherwise
        )

    def at_barrier(self) -> list[Pair]:
        """The pairs that wait at the barrier, in the order in which they came to it."""
        return [pair for what, pair in self._open if what is WaitKind.BARRIER]
