"""Docker's events: who subscribes gets all that match from then on."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

KEPT = 1_000


@dataclass(frozen=True)
class Event:
    """Something happened to a container, image or network; `at` in nanoseconds since 1970."""

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str]
    at: int

    def to_json(self) -> dict[str, object]:
        """As the Engine API sends it."""
        return {
            "status": self.action,
            "id": self.id,
            "from": self.attributes.get("image", ""),
            "Type": self.kind,
            "Action": self.action,
            "Actor": {"ID": self.id, "Attributes": dict(self.attributes)},
            "scope": "local",
            "time": self.at // 1_000_000_000,
            "timeNano": self.at,
        }


@dataclass
class Events:
    """All events of one engine. `history` keeps the latest, for tests and demonstrations."""

    stamp: Callable[[], int]
    history: list[Event] = field(default_factory=list)
    _subscribers: set[asyncio.Queue[Event | None]] = field(default_factory=set)

    def tell(self, kind: str, action: str, id: str, attributes: Mapping[str, str]) -> None:  # noqa: A002
        """Something happened."""
        event = Event(kind, action, id, dict(attributes), self.stamp())
        self.history.append(event)
        del self.history[:-KEPT]
        for subscriber in self._subscribers:
            subscriber.put_nowait(event)

    def subscribe(self) -> "asyncio.Queue[Event | None]":
        """Events from now on; None is the end. Give it back to `unsubscribe`."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._subscribers.add(queue)
        return queue

    def unsubscribe(self, queue: "asyncio.Queue[Event | None]") -> None:
        """Nobody reads it any more."""
        self._subscribers.discard(queue)
