"""Making events of what was read: numbered, timed, masked, and folded into a Board."""

from typing import Literal

from backstaff.events.board import Board
from backstaff.events.bounded import bounded
from backstaff.events.types import Body, Event, Output
from backstaff.kamallog.masking import PatternRedactor
from backstaff.kamallog.timeline import Timeline

Source = Literal["container", "hook", "build", "proxy", "command"]
"""Where a line of output comes from."""


class Teller:
    """Collects the events of a log until they are taken; the Board is up to the last one told."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.masking = PatternRedactor()
        self.board = Board()
        self._told: list[Event] = []
        self._names: dict[str, str] = {"": ""}

    def tell(self, body: Body) -> None:
        """Make `body` an event of now."""
        self._add(self.masking.body(body))

    def _add(self, body: Body) -> None:
        event = Event(seq=self.board.seq + 1, at=self.timeline.wall, t=self.timeline.t, body=body)
        self.board.fold(event)
        self._told.append(event)

    def output(
        self, text: str, source: Source = "command", host: str = "", role: str = "", name: str = ""
    ) -> None:
        """Keep a line that something wrote, or that nothing is known of."""
        # Each text is masked once: output is nearly all that there is in a long log.
        masked = bounded(self.masking.line(text))
        self._add(
            Output(
                source=source,
                text=masked,
                host=self._name(host),
                role=self._name(role),
                name=self._name(name),
            )
        )

    def _name(self, name: str) -> str:
        """A name masked; there are few of them."""
        if name not in self._names:
            self._names[name] = bounded(self.masking.text(name))
        return self._names[name]

    def taken(self) -> list[Event]:
        """The events told since this was asked last."""
        told, self._told = self._told, []
        return told
