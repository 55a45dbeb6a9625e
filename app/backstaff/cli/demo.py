"""`backstaff demo`."""

import asyncio
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches

import click

from backstaff.cli.reporting import sink_for
from backstaff.cli.running import run_and_exit
from backstaff.cli.signals import handled, leave_nothing_behind
from backstaff.demo.pace import MOST_SPEED, require_sensible
from backstaff.demo.play import Act, Play
from backstaff.demo.scenario import Scenario
from backstaff.demo.scenarios import SCENARIOS
from backstaff.engine.ending import Cancellation
from backstaff.errors import ExitCode, UsageError
from backstaff.events.stream import Sink
from backstaff.headless.colour import Paint, Tone, colour_wanted
from backstaff.headless.outlet import Outlet
from backstaff.simulator.clock import ScaledClock


@click.command()
@click.option("--scenario", "name", default="healthy", show_default=True, metavar="NAME", help="See --list.")
@click.option("--list", "lists", is_flag=True, help="List the scenarios.")
@click.option("--hosts", type=click.IntRange(min=1, max=500), help="How many hosts there are.")
@click.option("--seed", type=int, default=1, show_default=True, help="Varies how long starts take.")
@click.option(
    "--speed", type=click.FloatRange(min=0.1, max=MOST_SPEED), default=1, show_default=True, help="Of time."
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
    no_tui: bool,  # noqa: ARG001 - there is nothing but plain lines yet
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Watch deploys over simulated servers, in this process: no Docker, no SSH keys, no servers needed."""
    if lists:
        for scenario in SCENARIOS.values():
            click.echo(f"{scenario.name:<14} {scenario.summary}")
        return
    run_and_exit(lambda: _demo(name, hosts, seed, speed, as_json=as_json, verbose=verbose, quiet=quiet))


async def _demo(
    name: str, hosts: int | None, seed: int, speed: float, *, as_json: bool, verbose: bool, quiet: bool
) -> ExitCode:
    scenario = _named(name)
    require_sensible(speed, len(scenario.spec(hosts).hosts))
    cancellation = Cancellation(_leave_at_once)

    def sinks(act: Act) -> Sequence[Sink]:
        if not as_json and not quiet:
            _title(act)
        return [sink_for(as_json=as_json, verbose=verbose, quiet=quiet)]

    play = Play(scenario, ScaledClock(speed), hosts=hosts, seed=seed, sinks=sinks, cancellation=cancellation)
    cancellation.attach()
    try:
        with handled(cancellation):
            return await play.play()
    except asyncio.CancelledError:
        cancelled = cancellation.take()
        if cancelled is None:
            raise
        return cancelled.exit_code


def _leave_at_once(code: ExitCode) -> None:
    leave_nothing_behind()
    os._exit(int(code))


def _named(name: str) -> Scenario:
    if name in SCENARIOS:
        return SCENARIOS[name]
    near = get_close_matches(name, SCENARIOS, n=1, cutoff=0.5)
    hint = f", did you mean {near[0]}" if near else ""
    raise UsageError(f"there is no scenario {name}{hint}", fix=f"known ones: {', '.join(SCENARIOS)}")


def _title(act: Act) -> None:
    paint = Paint(enabled=colour_wanted(sys.stdout, os.environ))
    outlet = Outlet(sys.stdout)
    outlet.line("")
    outlet.line(paint(f"=== {act.command} {act.version}: {act.title}", Tone.STRONG))
    if act.note:
        outlet.line(paint(act.note, Tone.DIM))
