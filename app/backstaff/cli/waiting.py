"""Why a command that only looks takes so long: said on standard error once a wait lasts."""

import asyncio
import sys

from backstaff.config.secrets import SecretCommand, run_in_shell
from backstaff.engine.alongside import alongside
from backstaff.events.board import Board
from backstaff.events.facts import HostState
from backstaff.events.inert import inert
from backstaff.events.types import Event, HostChanged, Notice, WaitEnded, WaitExplained
from backstaff.explain.words import duration
from backstaff.headless.colour import Tone
from backstaff.headless.lines import lines_of
from backstaff.headless.outlet import Outlet
from backstaff.headless.styled import styled
from backstaff.headless.wait_lines import wait_ended, wait_explained

LASTS_S = 2.0
_SHORT_S = 5.0
"""A wait that is over by then whatever happens is not worth a line."""


class LastingWaits:
    """A sink that tells the waits that last, hosts that give no sign of life, and warnings.

    What makes a command fail is not told here: it is the command's error."""

    def __init__(self) -> None:
        self._outlet = Outlet(sys.stderr)
        self._board = Board()
        self._told: set[int] = set()

    def __call__(self, event: Event) -> None:
        """Tell what an event has to say about waiting."""
        match event.body:
            case WaitExplained() as body:
                self._explained(body)
            case WaitEnded(wait=number) as body if number in self._told:
                wait = self._board.waits[number]
                self._tell(wait_ended(wait, body), wait.start.host)
            case HostChanged(state=HostState.QUIET | HostState.CONNECTED) | Notice(level="warning"):
                for line in lines_of(event, self._board):
                    if line.tone is not Tone.PLAIN:
                        self._tell(line.whole, line.host, line.tone)
            case _:
                pass
        self._board.fold(event)

    def _explained(self, body: WaitExplained) -> None:
        """The first explanation of a wait, and then each heartbeat."""
        wait = self._board.waits.get(body.wait)
        if wait is None or wait.start.limit_s <= _SHORT_S:
            return
        if body.wait not in self._told or body.heartbeat:
            self._told.add(body.wait)
            text, evidence = wait_explained(wait, body)
            self._tell(
                ": ".join([text, "; ".join(evidence)] if evidence else [text]), wait.start.host, Tone.WARNING
            )

    def _tell(self, text: str, host: str, tone: Tone = Tone.PLAIN) -> None:
        if text:
            where = f"{inert(host)}: " if host else ""
            self._outlet.line(where + styled(text, tone))


async def run_secret_command(command: SecretCommand) -> str:
    """Run the command of one secret, and say so once it lasts: it may wait for a vault to be unlocked."""
    async with alongside(_say_that_it_lasts(command)):
        return await run_in_shell(command)


async def _say_that_it_lasts(command: SecretCommand) -> None:
    await asyncio.sleep(LASTS_S)
    limit = duration(command.timeout_s)
    Outlet(sys.stderr).line(f"the command of secret {inert(command.key)} still runs (at most {limit})")
