"""`backstaff replay`."""

import asyncio
import sys
import time
from dataclasses import dataclass
from functools import partial

import click

from backstaff.cli.amounts import FiniteRange
from backstaff.cli.presentation import console_wanted
from backstaff.cli.reading import opened_in_sight
from backstaff.cli.reporting import line_sink, show_in_a_line
from backstaff.errors import BackstaffError, ExitCode, JournalError, UsageError
from backstaff.events.journal import journal_directory
from backstaff.explain.words import counted
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.replay.catalogue import find_journal
from backstaff.replay.entries import Damage
from backstaff.replay.follow import to_the_end
from backstaff.replay.opened import OpenedRun, opened_at_once
from backstaff.replay.player import SPEEDS
from backstaff.replay.recording import Recording
from backstaff.replay.times import HINT, Stretch, parse_time

LOOKS_EVERY_S = 0.2
MOST_DAMAGE = 5
"""How many lines that can not be read are told one by one; the others are counted."""


@dataclass(frozen=True)
class Printing:
    """How a run is told on standard output."""

    as_json: bool
    verbose: bool
    quiet: bool


@click.command()
@click.argument("run", required=False, metavar="[RUN|FILE]")
@click.option("--at", metavar="TIME", help="Begin there, and stay: 1:23, 83s, 14:03:22, 50%, start, end.")
@click.option(
    "--speed",
    type=FiniteRange(SPEEDS[0], SPEEDS[-1]),
    help="Play from the beginning, or from --at, so many times as fast as it happened.",
)
@click.option("--no-tui", is_flag=True, help="Plain lines, also on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the events, one per line, and nothing else.")
@click.option("-v", "--verbose", is_flag=True, help="Print commands and containers' output too.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what failed.")
def replay(
    run: str | None,
    at: str | None,
    speed: float | None,
    no_tui: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Open a past run, one that goes on, or what Kamal printed, and see why it waited.

    RUN is a run's name or part of it, `last` (the default) or `last-failed`; FILE is a journal, or a log of
    Kamal's: its own file, a capture of a terminal, or a CI job's log. It opens at its end; a run that goes on
    is followed."""
    path = find_journal(run, journal_directory())
    in_console = console_wanted(no_tui=no_tui, as_json=as_json, quiet=quiet)
    if not in_console and (at is not None or speed is not None):
        raise UsageError(
            "--at and --speed are for the console",
            fix="use a terminal, and leave out --no-tui, --json and -q",
        )
    # A time may be told as a share of the run: that takes all of it.
    with opened_in_sight(path) if at is not None else opened_at_once(path) as found:
        if in_console:
            sys.exit(int(_in_console(found, at, speed)))
        _print(found, Printing(as_json, verbose, quiet))


def _in_console(run: OpenedRun, at: str | None, speed: float | None) -> ExitCode:
    # Comes with Textual, which takes its time and is for terminals only.
    from backstaff.cli.replay_console import show_replay

    t = None if at is None else _time(run.recording, at)
    return asyncio.run(show_replay(run, t, speed))


def _time(recording: Recording, at: str) -> float:
    began = recording.summary().began
    try:
        return parse_time(at, Stretch(recording.length_t(), began))
    except ValueError as error:
        raise UsageError(f"--at {at}: {error}", fix=f"give one such as {HINT}") from None


def _print(run: OpenedRun, how: Printing) -> None:
    """Tell the run as headless mode did, for as long as somebody reads."""
    outlet = Outlet(sys.stdout)
    sink = JsonSink(outlet) if how.as_json else line_sink(outlet, verbose=how.verbose, quiet=how.quiet)
    pause = run.growth.further if run.growth is not None else partial(time.sleep, LOOKS_EVERY_S)
    damaged = 0
    for each in to_the_end(run.recording, run.goes_on, pause):
        if isinstance(each, Damage):
            damaged += 1
            if damaged <= MOST_DAMAGE:
                show_in_a_line(JournalError(str(each), where=run.recording.name))
        else:
            sink(each.event)
        if outlet.closed:
            break
    if isinstance(sink, LineSink):
        sink.close()
    if damaged > MOST_DAMAGE:
        more = f"{counted(damaged - MOST_DAMAGE, 'more line')} of it can not be read"
        show_in_a_line(JournalError(more, where=run.recording.name))
    if outlet.problem:
        raise BackstaffError(f"the output could not be written: {outlet.problem}")
