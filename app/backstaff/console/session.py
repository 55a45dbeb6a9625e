"""The seam between the console and whoever runs the pipeline: the console knows neither engine nor SSH."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backstaff.engine.questions import Operator
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.stream import Sink


@dataclass(frozen=True)
class RunInfo:
    """What is known of a run beside its events.

    `title` and `note` introduce it (one of several that a demonstration plays). `speed` is how fast its time
    goes against the clock on the wall. `journal` is the file it is written to, None where there is none.
    `past` runs are not of this moment: their times of day are told. Of a run that is `unread` only some
    events are on the Board: what follows from all of them together is not known."""

    title: str = ""
    note: str = ""
    speed: float = 1.0
    journal: Path | None = None
    past: bool = False
    unread: bool = False


@dataclass(frozen=True)
class FollowedLine:
    """One line of a container's output that is followed outside of a run; `at` is Docker's RFC 3339 time."""

    host: str
    role: str
    at: str
    text: str
    stream: str = "stdout"


class Stage(Operator, Protocol):
    """What a session sees of the console: where its runs are shown, and who answers their questions."""

    def new_run(self, info: RunInfo) -> Sink:
        """Clear the stage for a run; its events go to the sink returned."""
        ...


class Session(Protocol):
    """Runs the pipeline for a console and carries out what its operator asks for.

    `scope` names what may be asked for: the console offers nothing else."""

    @property
    def scope(self) -> frozenset[str]:
        """Any of `retry`, `follow`, `shell`, `export`."""
        ...

    async def play(self, stage: Stage) -> ExitCode:
        """Carry out the run, or all runs of a demonstration, to the end. Cancelling this abandons the
        waiting, not the run."""
        ...

    async def retry(self, stage: Stage, board: Board) -> ExitCode:
        """Do again what of the run of `board` is not done, as a run of its own."""
        ...

    def cancel(self) -> None:
        """End the run well: the lock is released and what serves goes on serving. A second request ends the
        process at once."""

    def follow(self, host: str, role: str, container: str) -> AsyncGenerator[FollowedLine, None]:
        """What a container writes, from its last lines on, until closed. Raises `BackstaffError`."""
        ...

    def shell(self, host: str, container: str) -> Sequence[str]:
        """The command that opens a shell on the host, or in the container if one is named."""
        ...

    def export(self, journal: Path) -> Path:
        """Copy a run's journal into the current directory; where it went. Raises `BackstaffError`."""
        ...
