"""A program inside a container, and what it may use there."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from backstaff.clock import Clock
from backstaff.simulator.clock import SimulationClock

Answer = Callable[[str], int | None]
"""What a server says to GET of a path: a status, or None for no answer at all."""

PERMISSION_DENIED, NOT_FOUND = 126, 127


class OutOfMemory(Exception):
    """The kernel ends the program for the memory that it takes."""


class Surroundings(Protocol):
    """The container, as its programs see it."""

    @property
    def memory_limit(self) -> int:
        """Bytes, 0 without a limit."""
        ...

    def listen(self, port: int, answer: Answer) -> None:
        """Answer requests on a port until the container ends."""
        ...

    def get(self, port: int, path: str) -> int | None:
        """Make a request inside the container; None if it is never answered. ConnectionRefusedError."""
        ...

    async def until_awake(self) -> None:
        """Return at once, or once the container is not paused any more."""

    def write_file(self, path: str) -> None:
        """Make a file that lasts as long as the container runs."""
        ...

    def has_file(self, path: str) -> bool:
        """Whether there is such a file."""
        ...

    @property
    def sockets(self) -> dict[str, object]:
        """Unix sockets by name, with what serves them, as long as the container runs."""
        ...

    def volume(self, path: str) -> dict[str, str]:
        """What is stored under a path: outlives the container if a named volume is mounted there."""
        ...

    def host_path(self, path: str) -> Path | None:
        """Where a path inside is on the host, if a directory of the host is mounted there."""
        ...

    def neighbour(self, name: str) -> "Neighbour | None":
        """Another running container of the same network, by name or id."""
        ...

    def spawn(self, work: Coroutine[object, object, None]) -> object:
        """Do work beside the program; it ends with the container."""


@dataclass(frozen=True)
class Neighbour:
    """A container as others of its network reach it. `get` may raise ConnectionRefusedError."""

    address: str
    get: Callable[[int, str], int | None]


@dataclass
class Process:
    """One running program."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    clock: SimulationClock
    inside: Surroundings
    write: Callable[[str, bytes], None]
    terminated: asyncio.Event = field(default_factory=asyncio.Event)
    """SIGTERM has come."""

    def say(self, text: str, stream: str = "stdout") -> None:
        """Print a line."""
        self.write(stream, f"{text}\n".encode())

    async def pause(self, duration: float) -> bool:
        """Let time pass, and wait until nothing freezes it; False as soon as SIGTERM comes."""
        terminated = await came_within(self.clock, self.terminated, duration)
        await self.inside.until_awake()
        return not (terminated or self.terminated.is_set())


Program = Callable[[Process], Awaitable[int]]
"""Runs until it ends and returns its exit code; killed, it is cancelled."""


async def came_within(clock: Clock, event: asyncio.Event, duration: float) -> bool:
    """Wait for an event, but not longer than `duration` seconds; whether it came."""
    try:
        async with clock.timeout_at(clock.now() + duration):
            await event.wait()
    except TimeoutError:
        return event.is_set()
    return True
