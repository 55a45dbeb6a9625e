"""The console's session over simulated hosts."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from backstaff.cli.backstage import Backstage
from backstaff.cli.plain_lines import PlainLines
from backstaff.console.session import FollowedLine, RunInfo, Stage
from backstaff.engine.ending import Cancellation
from backstaff.engine.questions import Operator
from backstaff.errors import ExitCode, UsageError
from backstaff.events.board import Board
from backstaff.events.redact import Redactor
from backstaff.events.stream import Sink
from backstaff.headless.styled import Shown
from backstaff.simulator.spec import REGISTRY_PASSWORD

if TYPE_CHECKING:
    from backstaff.demo.play import Act, Play
    from backstaff.simulator.fleet import Fleet

MakePlay = Callable[[Callable[["Act"], Sequence[Sink]], Cancellation, Operator], "Play"]


class DemoSession(Backstage):
    """Plays all acts of a scenario. Its hosts live until the console is closed, and the play is over."""

    scope = frozenset({"follow"})

    def __init__(
        self,
        group: asyncio.TaskGroup,
        make: MakePlay,
        *,
        speed: float,
        heading: Callable[["Act"], Sequence[Shown]],
        leave: Callable[[ExitCode], None],
        verbose: bool,
    ) -> None:
        super().__init__(group, PlainLines(verbose=verbose))
        self._speed = speed
        self._heading = heading
        self._stage: Stage | None = None
        self._ending = self.cancellation(leave)
        self._make = make
        self._play: Play | None = None
        self._fleet: asyncio.Future[Fleet] = asyncio.get_running_loop().create_future()

    @property
    def redactor(self) -> Redactor:
        """Masks the one secret there is."""
        return Redactor([REGISTRY_PASSWORD])

    async def begin(self, stage: Stage | None) -> ExitCode:
        """Play all acts."""
        self._stage = stage
        # With the simulated servers, for which the console does not wait.
        await asyncio.to_thread(import_module, "backstaff.demo.play")
        self._play = play = self._make(self._shown, self._ending, self.operator)
        self.beside(self._keep_fleet(play))
        return await self.carry_out(self._acts(play), self._ending)

    async def retry(self, stage: Stage, board: Board) -> ExitCode:  # noqa: ARG002
        """A play can not be played in part."""
        raise UsageError("a demonstration is not retried", fix="start it anew")

    def follow(self, host: str, role: str, container: str) -> AsyncGenerator[FollowedLine, None]:
        """What a container writes."""
        if self._play is None or not self._fleet.done():
            raise UsageError("the simulated hosts are not up yet")
        from backstaff.cli.following import Followed, follow

        run, connector = self._play.look(self._fleet.result())
        return follow(self, Followed(run, connector, host, role, container))

    def shell(self, host: str, container: str) -> Sequence[str]:  # noqa: ARG002
        """Simulated hosts have no shell to type in."""
        raise UsageError(f"{host} is simulated: there is no shell on it")

    def export(self, journal: Path) -> Path:  # noqa: ARG002
        """A play has no journal."""
        raise UsageError("a demonstration is not recorded")

    async def _keep_fleet(self, play: "Play") -> None:
        async with play.fleet() as fleet:
            self._fleet.set_result(fleet)
            await asyncio.Event().wait()

    async def _acts(self, play: "Play") -> ExitCode:
        self._ending.attach()
        try:
            return await play.play_over(await asyncio.shield(self._fleet))
        except asyncio.CancelledError:
            cancelled = self._ending.take()
            if cancelled is None:
                raise
            return cancelled.exit_code

    def _shown(self, act: "Act") -> list[Sink]:
        info = RunInfo(act.title, act.note, self._speed)
        return self.sinks(self._stage, info, self._heading(act))
