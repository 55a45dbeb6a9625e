"""Headless mode put together for this process: its standard output, its environment, its CI system."""

import os
import shutil
import sys
from copy import deepcopy

from backstaff.errors import BackstaffError
from backstaff.events.board import Board
from backstaff.events.stream import Sink
from backstaff.headless.ci import ci_format
from backstaff.headless.colour import Paint, colour_wanted
from backstaff.headless.error_text import error_lines, error_record
from backstaff.headless.lines import Detail
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink


class Reporter:
    """Tells an operator, or a program, how a run goes."""

    def __init__(self, outlet: Outlet, *, detail: Detail, as_json: bool, colour: bool) -> None:
        self._outlet = outlet
        self._detail = detail
        self._as_json = as_json
        self._paint = Paint(enabled=colour)

    @classmethod
    def for_stdout(cls, *, verbose: bool = False, quiet: bool = False, as_json: bool = False) -> "Reporter":
        """Report on standard output; with both `verbose` and `quiet`, quiet wins."""
        detail = Detail.QUIET if quiet else Detail.VERBOSE if verbose else Detail.NORMAL
        colour = colour_wanted(sys.stdout, os.environ)
        return cls(Outlet(sys.stdout), detail=detail, as_json=as_json, colour=colour)

    def sink(self, board: Board) -> Sink:
        """A sink for the events that follow on `board`, which is left as it is."""
        if self._as_json:
            return JsonSink(self._outlet)
        return LineSink(
            self._outlet,
            detail=self._detail,
            paint=self._paint,
            ci=ci_format(os.environ),
            width=shutil.get_terminal_size(fallback=(0, 0)).columns,
            board=deepcopy(board),
        )


def show_error(error: BackstaffError, *, as_json: bool = False) -> None:
    """Tell an error that came before a run began, on standard error: standard output carries events only."""
    outlet = Outlet(sys.stderr)
    if as_json:
        outlet.line(error_record(error))
        return
    paint = Paint(enabled=colour_wanted(sys.stderr, os.environ))
    ci = ci_format(os.environ)
    for line in [*error_lines(error, paint), *ci.error(error)]:
        outlet.line(line)
