"""Making events of what was read: numbered, timed, masked, and folded into a Board."""

from typing import Literal

from backstaff.events.board import Board
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

    def tell(self, body: Body) -> None:
        """Make `body` an event of now."""
        event = Event(
            seq=self.board.seq + 1,
            at=self.timeline.wall,
            t=self.timeline.t,
            body=self.masking.body(body),
        )
        self.board.fold(event)
        self._told.append(event)

    def output(
        self, text: str, source: Source = "command", host: str = "", role: str = "", name: str = ""
    ) -> None:
        """Keep a line that something wrote, or that nothing is known of."""
        self.tell(Output(source=source, text=self.masking.line(text), host=host, role=role, name=name))

    def taken(self) -> list[Event]:
        """The events told since this was asked last."""
        told, self._told = self._told, []
        return told
