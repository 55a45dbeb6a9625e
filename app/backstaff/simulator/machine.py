"""What all containers of a host share: its time, its events, its ports and its volumes."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from backstaff.simulator.clock import SimulationClock
from backstaff.simulator.errors import DockerRefusal, NotModified
from backstaff.simulator.events import Events
from backstaff.simulator.process import Neighbour
from backstaff.simulator.tasks import Tasks
from backstaff.simulator.times import Stamps


@dataclass
class Machine:
    """One host below its Docker Engine. `tasks` carries all that runs on it."""

    name: str
    home: Path
    clock: SimulationClock
    tasks: Tasks
    neighbour: Callable[[str, str], Neighbour | None]
    """The running container of a network (first) with a name or id (second)."""
    stamps: Stamps = field(init=False)
    events: Events = field(init=False)
    ports: set[tuple[str, int]] = field(default_factory=set)
    volumes: dict[str, dict[str, str]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    """Modes of the application that count here whatever else says: by image, or `IMAGE ROLE`."""
    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    """Unset while the Docker Engine is frozen: it takes requests and does nothing."""
    _addresses: "count[int]" = field(default_factory=lambda: count(2))

    def __post_init__(self) -> None:
        """Makes what depends on the clock."""
        self.stamps = Stamps(self.clock)
        self.events = Events(self.stamps.next)
        self.thawed.set()

    def new_address(self) -> str:
        """An address for a container."""
        number = next(self._addresses)
        return f"172.18.{number // 254 % 256}.{number % 254 + 1}"

    async def regardless(self, work: Coroutine[object, object, None]) -> None:
        """Do work to its end, whoever stops waiting for it, and raise what it raises."""
        failures: list[Exception] = []

        async def finish() -> None:
            try:
                await work
            except (DockerRefusal, NotModified) as refusal:
                failures.append(refusal)

        await asyncio.wait({self.spawn(finish())})
        if failures:
            raise failures[0]

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Begin work that ends with the host at the latest."""
        return self.tasks.spawn(work)
