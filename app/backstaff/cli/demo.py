"""`backstaff demo`."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click

from backstaff.cli.amounts import FiniteRange
from backstaff.cli.presentation import console_wanted
from backstaff.cli.process import run_and_exit
from backstaff.cli.reporting import sink_for
from backstaff.cli.signals import handled, leave_nothing_behind
from backstaff.demo.pace import MOST_SPEED, require_sensible
from backstaff.demo.scenario import Scenario
from backstaff.demo.scenarios import SCENARIOS
from backstaff.engine.ending import Cancellation
from backstaff.engine.questions import Operator
from backstaff.errors import ExitCode, UsageError
from backstaff.events.stream import Sink
from backstaff.headless.colour import Tone
from backstaff.headless.outlet import Outlet
from backstaff.headless.plan_text import proof_lines
from backstaff.headless.styled import Shown, styled
from backstaff.simulator.clock import ScaledClock

if TYPE_CHECKING:
    from backstaff.demo.play import Act, Play


@click.command()
@click.option("--scenario", "name", default="healthy", show_default=True, metavar="NAME", help="See --list.")
@click.option("--list", "lists", is_flag=True, help="List the scenarios.")
@click.option("--hosts", type=click.IntRange(min=1, max=500), help="How many hosts there are.")
@click.option("--seed", type=int, default=1, show_default=True, help="Varies how long starts take.")
@click.option(
    "--speed", type=FiniteRange(min=0.1, max=MOST_SPEED), default=1, show_default=True, help="Of time."
)
@click.option("--no-tui", is_flag=True, help="Plain lines, also on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, and nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Print commands and containers' output too.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what failed.")
def demo(
    name: str,
    lists: bool,
    hosts: int | None,
    seed: int,
    speed: float,
    no_tui: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Watch deploys over simulated servers, in this process: no Docker, no SSH keys, no servers needed."""
    if lists:
        for scenario in SCENARIOS.values():
            click.echo(f"{scenario.name:<14} {scenario.summary}")
        return
    demonstration = Demonstration(_named(name), hosts, seed, speed, verbose=verbose)
    if console_wanted(no_tui=no_tui, as_json=as_json, quiet=quiet):
        run_and_exit(demonstration.in_console)
    run_and_exit(lambda: demonstration.in_lines(as_json=as_json, quiet=quiet))


@dataclass(frozen=True)
class Demonstration:
    """A scenario and how to play it."""

    scenario: Scenario
    hosts: int | None
    seed: int
    speed: float
    verbose: bool

    async def in_lines(self, *, as_json: bool, quiet: bool) -> ExitCode:
        """Play it on standard output."""
        self._require_sensible()
        cancellation = Cancellation(_leave_at_once)

        def sinks(act: "Act") -> Sequence[Sink]:
            if not as_json and not quiet:
                outlet = Outlet(sys.stdout)
                for line in _heading(act):
                    outlet.line(line)
            return [sink_for(as_json=as_json, verbose=self.verbose, quiet=quiet)]

        cancellation.attach()
        try:
            with handled(cancellation):
                return await self._play(sinks, cancellation).play()
        except asyncio.CancelledError:
            cancelled = cancellation.take()
            if cancelled is None:
                raise
            return cancelled.exit_code

    async def in_console(self) -> ExitCode:
        """Play it in the console."""
        # Comes with Textual, which takes its time and is for terminals only.
        from backstaff.cli.demo_session import DemoSession
        from backstaff.cli.in_console import run_in_console

        self._require_sensible()
        return await run_in_console(
            lambda group: DemoSession(
                group,
                self._play,
                speed=self.speed,
                heading=_heading,
                leave=_leave_at_once,
                verbose=self.verbose,
            )
        )

    def _play(
        self,
        sinks: Callable[["Act"], Sequence[Sink]],
        cancellation: Cancellation,
        operator: Operator | None = None,
    ) -> "Play":
        # Comes with the simulated servers, which take their time: the console is there before.
        from backstaff.demo.play import Play

        return Play(
            self.scenario,
            ScaledClock(self.speed),
            hosts=self.hosts,
            seed=self.seed,
            sinks=sinks,
            cancellation=cancellation,
            operator=operator,
        )

    def _require_sensible(self) -> None:
        require_sensible(self.speed, len(self.scenario.spec(self.hosts).hosts))


def _leave_at_once(code: ExitCode) -> None:
    leave_nothing_behind()
    os._exit(int(code))


def _named(name: str) -> Scenario:
    if name in SCENARIOS:
        return SCENARIOS[name]
    near = get_close_matches(name, SCENARIOS, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]}" if near else ""
    raise UsageError(f"there is no scenario {name}{hint}", fix=f"known ones: {', '.join(SCENARIOS)}")


def _heading(act: "Act") -> list[Shown]:
    title = styled(f"=== {act.command} {act.version}: {act.title}", Tone.STRONG)
    proof = proof_lines(act.plan) if act.plan else []
    told = [f"{'plan' if number == 0 else '':<6}{line}" for number, line in enumerate(proof)]
    return ["", title, *told, *([styled(act.note, Tone.DIM)] if act.note else [])]
