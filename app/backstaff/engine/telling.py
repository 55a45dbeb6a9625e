"""What is told of one role on one host while it changes."""

from backstaff.engine.context import RunContext
from backstaff.events.facts import PairState
from backstaff.events.types import Notice, PairChanged


class PairTeller:
    """Tells of one pair."""

    def __init__(self, run: RunContext, host: str, role: str) -> None:
        self._stream = run.stream
        self._host = host
        self._role = role

    def state(self, state: PairState, detail: str = "") -> None:
        """The pair is in another state now."""
        self._stream.emit(PairChanged(host=self._host, role=self._role, state=state, detail=detail))

    def warn(self, text: str) -> None:
        """Something on the host that an operator should know of, and that ends nothing."""
        self._stream.emit(Notice(level="warning", host=self._host, text=text))
