"""Plays scenarios through the real pipeline, on skipped time."""

import io
from dataclasses import dataclass, field
from functools import cache

from backstaff.demo.play import Act, Play
from backstaff.demo.scenario import Scenario
from backstaff.demo.scenarios import SCENARIOS
from backstaff.engine.ending import Cancellation
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.stream import Sink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.simulator.clock import SkippingClock, run_skipping


@dataclass
class Played:
    """A play that ended: its exit code, and the board of each of its runs."""

    code: ExitCode
    boards: list[Board] = field(default_factory=list)
    printed: str = ""

    @property
    def last(self) -> Board:
        return self.boards[-1]

    def card(self) -> str:
        """The failure card of the last run as one text."""
        card = self.last.failure
        assert card is not None
        return "\n".join((card.cause, *card.evidence, *card.state, card.fix))


@cache
def played(name: str, *, hosts: int | None = None, seed: int = 1) -> Played:
    """A scenario played to its end; the same one is played once."""
    return play(SCENARIOS[name], hosts=hosts, seed=seed)


def play(scenario: Scenario, *, hosts: int | None = None, seed: int = 1) -> Played:
    """A scenario of one's own played to its end."""
    boards: list[Board] = []
    out = io.StringIO()

    def watch(act: Act) -> list[Sink]:
        board = Board()
        boards.append(board)
        return [board.fold, LineSink(Outlet(out))]

    async def main() -> ExitCode:
        play = Play(
            scenario,
            SkippingClock(),
            hosts=hosts,
            seed=seed,
            sinks=watch,
            cancellation=Cancellation(lambda _: None),
        )
        return await play.play()

    return Played(run_skipping(main()), boards, out.getvalue())
