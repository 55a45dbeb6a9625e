"""How a run is told: lines or JSON on standard output, errors from before a run on standard error."""

import os
import shutil
import sys

from backstaff.errors import BackstaffError
from backstaff.events.board import Board
from backstaff.events.inert import inert, inert_lines
from backstaff.events.stream import Sink
from backstaff.headless.ci import ci_format
from backstaff.headless.colour import Paint, Tone, colour_wanted
from backstaff.headless.line import Detail
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink


def sink_for(*, as_json: bool, verbose: bool, quiet: bool) -> Sink:
    """The sink that the options ask for."""
    outlet = Outlet(sys.stdout)
    return JsonSink(outlet) if as_json else line_sink(outlet, verbose=verbose, quiet=quiet)


def line_sink(outlet: Outlet, *, verbose: bool, quiet: bool = False, board: Board | None = None) -> LineSink:
    """Plain lines, as standard output takes them; `board` is where the run stands by now."""
    detail = Detail.VERBOSE if verbose else Detail.QUIET if quiet else Detail.NORMAL
    return LineSink(
        outlet,
        detail=detail,
        paint=Paint(enabled=colour_wanted(sys.stdout, os.environ)),
        ci=ci_format(os.environ),
        width=shutil.get_terminal_size((0, 0)).columns,
        board=board,
    )


def show_in_a_line(error: BackstaffError) -> None:
    """Say what went wrong and what to do, where the command goes on without it."""
    paint = Paint(enabled=colour_wanted(sys.stderr, os.environ))
    outlet = Outlet(sys.stderr)
    fix = f" (fix: {'; '.join(inert_lines(error.fix))})" if error.fix else ""
    outlet.line(f"{paint(inert(str(error)), Tone.BAD)}{fix}")
    for line in ci_format(os.environ).error(error):
        outlet.line(line)


def show_error(error: BackstaffError) -> None:
    """Say what went wrong, what proves it and what to do; each part on lines of its own."""
    paint = Paint(enabled=colour_wanted(sys.stderr, os.environ))
    outlet = Outlet(sys.stderr)
    for number, line in enumerate(str(error).splitlines()):
        outlet.line(paint(inert(line), Tone.BAD) if number == 0 else inert(line))
    for line in error.evidence:
        outlet.line(f"  {inert(line)}")
    for number, line in enumerate(inert_lines(error.fix)):
        outlet.line(f"  {'fix:' if number == 0 else '':<4} {line}")
    for line in ci_format(os.environ).error(error):
        outlet.line(line)
