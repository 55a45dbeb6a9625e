"""Headless mode as a sink: events in, lines out, and at the end the table and the failure card."""

from collections.abc import Sequence
from datetime import tzinfo

from backstaff.events.board import Board
from backstaff.events.types import (
    Event,
    Failed,
    HostChanged,
    PhaseEnded,
    PhaseStarted,
    PlanMade,
    RunEnded,
    StepStarted,
)
from backstaff.events.width import columns
from backstaff.explain.words import duration
from backstaff.headless.card import card_lines
from backstaff.headless.colour import Tone
from backstaff.headless.line import Detail, Line
from backstaff.headless.lines import lines_of
from backstaff.headless.outlet import Outlet
from backstaff.headless.styled import Shown, styled
from backstaff.headless.table import DEFAULT_WIDTH, table_lines

LONGEST_LABEL = 40
WIDEST = 100
"""Columns of a line or a card where the terminal has more, or there is none."""
INDENT = "  "


class LineSink:
    """Prints a run line by line.

    It folds a Board of its own, so it works for a live run and for a journal alike. `zone` is the time
    zone of the times printed, None for the machine's own; `width` that of the terminal, 0 if unknown.
    `board` is where a run stands that has gone on before; it becomes the sink's own. Call `close` at the
    end: should the last event be missing, it prints what is known.
    """

    def __init__(
        self,
        outlet: Outlet,
        *,
        detail: Detail = Detail.NORMAL,
        width: int = 0,
        zone: tzinfo | None = None,
        board: Board | None = None,
    ) -> None:
        self._outlet = outlet
        self._detail = detail
        self._ci = outlet.ci
        self._width = width if width > 0 else DEFAULT_WIDTH
        self._line_width = min(width, WIDEST) if width > 0 else WIDEST
        self._zone = zone
        self._board = board or Board()
        self._open: PhaseStarted | None = None
        self._host_width = 0
        self._role_width = 0
        self._printed = False
        self._summed_up = False
        if self._board.plan is not None:
            self._align(self._board.plan)

    def __call__(self, event: Event) -> None:
        """Print what an event has to say."""
        lines = lines_of(event, self._board)
        self._board.fold(event)
        self._set_columns(event)
        if isinstance(event.body, PhaseStarted):
            self._begin_section(event, event.body)
        for line in lines:
            if line.needs <= self._detail <= line.until:
                self._print(event, line)
        match event.body:
            case PhaseEnded(phase=phase) if self._open is not None and self._open.phase is phase:
                self._end_section(event)
            case Failed():
                self._end_section(event)
            case RunEnded():
                self._end_section(event)
                self._sum_up()
            case _:
                pass

    def close(self) -> None:
        """Print the table and the card of a run that never told its end."""
        if self._board.seq and not self._summed_up:
            self._sum_up()

    def _set_columns(self, event: Event) -> None:
        """Hosts and roles are known with the plan; from then on all lines are aligned. Without one there is
        room for those that were told of so far."""
        match event.body:
            case PlanMade() as plan:
                self._align(plan)
            case HostChanged(host=host) if self._board.plan is None:
                self._host_width = max(self._host_width, len(host))
            case StepStarted(role=role) if self._board.plan is None:
                self._role_width = max(self._role_width, len(role))
            case _:
                pass

    def _align(self, plan: PlanMade) -> None:
        self._host_width = max((len(host) for host in plan.hosts), default=0)
        self._role_width = max((len(pair.role) for pair in plan.pairs), default=0)

    def _print(self, event: Event, line: Line) -> None:
        at = event.at.astimezone(self._zone)
        start = f"{at:%H:%M:%S}  {self._label(line)}"
        for text in _fitted(line, self._line_width - columns(start)):
            self._outlet.line((start + styled(text, line.tone)).rstrip())
        self._printed = True

    def _label(self, line: Line) -> str:
        """Who a line is about, padded; nothing for the run as a whole."""
        if not line.host:
            return ""
        label = f"{line.host:<{self._host_width}} {line.role:<{self._role_width}}"
        return f"{label:<{min(LONGEST_LABEL, self._host_width + self._role_width + 1)}}   "

    def _begin_section(self, event: Event, body: PhaseStarted) -> None:
        if self._detail is Detail.QUIET:
            return
        self._end_section(event)
        self._open = body
        title = f"{body.phase.value}: {body.detail}" if body.detail else body.phase.value
        for mark in self._ci.begin(body.phase, title, event.at):
            self._outlet.mark(mark)

    def _end_section(self, event: Event) -> None:
        if self._open is None:
            return
        for mark in self._ci.end(self._open.phase, event.at):
            self._outlet.mark(mark)
        self._open = None

    def _sum_up(self) -> None:
        self._summed_up = True
        board = self._board
        parts: list[Sequence[Shown]] = [table_lines(board, self._width)] if board.verdicts else []
        if board.failure is not None:
            for mark in self._ci.annotation(board.failure):
                self._outlet.mark(mark)
            parts.append(card_lines(board.failure, board, self._line_width))
        else:
            parts.append([self._verdict(board)])
        for part in parts:
            self._print_part(part)

    def _print_part(self, lines: Sequence[Shown]) -> None:
        """Print lines that belong together, with a blank line before them unless they are the first."""
        for line in ["", *lines] if self._printed else lines:
            self._outlet.line(line)
        self._printed = self._printed or bool(lines)

    def _verdict(self, board: Board) -> Shown:
        if board.result is None:
            return styled("CUT OFF", Tone.WARNING) + f"  nothing is known after {duration(board.t)}"
        if board.result.verdict != "done":
            return styled(board.result.verdict.upper(), Tone.WARNING)
        run = board.run
        what = f"{run.service} {run.version}".strip() if run else "the run"
        return styled("DONE", Tone.GOOD) + f"  {what} in {duration(board.result.took_s)}"


def _fitted(line: Line, room: int) -> list[str]:
    """The line with its parts where they fit into `room` columns, else its parts below it."""
    if not line.parts or columns(line.whole) <= room:
        return [line.whole]
    return [line.text, *(f"{INDENT}{part}" for part in line.parts)]
