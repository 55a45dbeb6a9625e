"""How a run is told: lines or JSON on standard output, errors from before a run on standard error."""

import shutil
import sys

from backstaff.errors import BackstaffError
from backstaff.events.board import Board
from backstaff.events.evidence_line import evidence_line
from backstaff.events.inert import inert_lines
from backstaff.events.stream import Sink
from backstaff.headless.colour import Tone
from backstaff.headless.line import Detail
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.headless.styled import styled


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
        width=shutil.get_terminal_size((0, 0)).columns,
        board=board,
    )


def show_in_a_line(error: BackstaffError) -> None:
    """Say what went wrong and what to do, where the command goes on without it."""
    outlet = Outlet(sys.stderr)
    fix = f" (fix: {'; '.join(inert_lines(error.fix))})" if error.fix else ""
    outlet.line(styled(str(error), Tone.BAD) + fix)
    _annotate(outlet, error)


def show_error(error: BackstaffError) -> None:
    """Say what went wrong, what proves it and what to do; each part on lines of its own."""
    outlet = Outlet(sys.stderr)
    for number, line in enumerate(inert_lines(str(error))):
        outlet.line(styled(line, Tone.BAD if number == 0 else Tone.PLAIN))
    for line in error.evidence:
        outlet.line(f"  {evidence_line(line)}")
    for number, line in enumerate(inert_lines(error.fix)):
        outlet.line(f"  {'fix:' if number == 0 else '':<4} {line}")
    _annotate(outlet, error)


def _annotate(outlet: Outlet, error: BackstaffError) -> None:
    for mark in outlet.ci.error(error):
        outlet.mark(mark)
