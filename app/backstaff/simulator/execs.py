"""Programs that were started in running containers from outside."""

from asyncio import Queue
from dataclasses import dataclass

from backstaff.simulator.containers import Container, Execution

KEPT = 20


@dataclass
class Exec:
    """One of them. `output` carries the stream and data of each piece, and None at the end."""

    container: Container
    execution: Execution
    output: "Queue[tuple[str, bytes] | None]"
    running: bool = False
    exit_code: int | None = None

    async def run(self) -> None:
        """Run it to its end."""
        self.running = True
        try:
            self.exit_code = await self.container.execute(self.execution)
        finally:
            self.running = False
            self.output.put_nowait(None)


class Execs:
    """Those of a host, by id. Of the ones that have ended the latest are known, as with Docker."""

    def __init__(self) -> None:
        self._known: dict[str, Exec] = {}

    def prepare(self, container: Container, argv: tuple[str, ...]) -> Exec:
        """A program to run in a container."""
        output: Queue[tuple[str, bytes] | None] = Queue()
        execution = container.prepare(argv, lambda stream, data: output.put_nowait((stream, data)))
        for known in [each for each, found in self._known.items() if found.exit_code is not None][:-KEPT]:
            del self._known[known]
        self._known[execution.id] = Exec(container, execution, output)
        return self._known[execution.id]

    def find(self, exec_id: str) -> Exec | None:
        """One by its id."""
        return self._known.get(exec_id)
