"""The inside of a container during one run of it: what its programs see, and what ends with them."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path

from backstaff.simulator.machine import Machine
from backstaff.simulator.process import Answer, Neighbour
from backstaff.simulator.wanted import Wanted


class Inside:
    """The `Surroundings` of a container's programs. `storage` outlives the run."""

    def __init__(self, machine: Machine, wanted: Wanted, storage: dict[str, dict[str, str]]) -> None:
        self._machine = machine
        self._wanted = wanted
        self._storage = storage
        self._files: set[str] = set()
        self._listening: dict[int, Answer] = {}
        self._beside: set[asyncio.Task[None]] = set()
        self.sockets: dict[str, object] = {}
        self.awake = asyncio.Event()
        """Unset while the container is paused."""
        self.awake.set()

    @property
    def memory_limit(self) -> int:
        """Bytes, 0 without a limit."""
        return self._wanted.memory

    def listen(self, port: int, answer: Answer) -> None:
        """Answer requests on a port."""
        self._listening[port] = answer

    def get(self, port: int, path: str) -> int | None:
        """A request to one of its ports. Of a paused container the kernel takes it, and that is all."""
        if port not in self._listening:
            raise ConnectionRefusedError
        if not self.awake.is_set():
            return None
        return self._listening[port](path)

    async def until_awake(self) -> None:
        """Return at once, or once the container is not paused any more."""
        await self.awake.wait()

    def write_file(self, path: str) -> None:
        """Make a file."""
        self._files.add(path)

    def has_file(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._files

    def volume(self, path: str) -> dict[str, str]:
        """What is stored under a path."""
        mount = next((each for each in self._wanted.mounts if each.target == path), None)
        if mount is None:
            return self._storage.setdefault(path, {})
        return self._machine.volumes.setdefault(mount.source, {})

    def host_path(self, path: str) -> Path | None:
        """Where a path inside is on the host."""
        for mount in self._wanted.mounts:
            if mount.source.startswith("/") and (path == mount.target or path.startswith(f"{mount.target}/")):
                return Path(mount.source) / path.removeprefix(mount.target).lstrip("/")
        return None

    def neighbour(self, name: str) -> Neighbour | None:
        """Another running container of its network."""
        return self._machine.neighbour(self._wanted.network, name)

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Do work beside the program; it ends with it."""
        task = self._machine.spawn(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        return task

    def end(self) -> None:
        """The container's program has ended, and everything else with it."""
        self._listening.clear()
        self.sockets.clear()
        for task in tuple(self._beside):
            task.cancel()
