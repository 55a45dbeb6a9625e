"""The run as a whole: its phases in their order, which are done, which goes on, and what each took."""

from textual.content import Content

from backstaff.console.line_text import cells
from backstaff.console.states import Tone, look_of_phase
from backstaff.events.board import Board
from backstaff.events.facts import Phase
from backstaff.explain.words import duration

DIM = "$text-muted"
Part = tuple[str, str]


def phase_line(board: Board, now_t: float, width: int, *, unread: bool = False) -> Content:
    """One line of at most `width` cells: with the times if there is room for them, else without; if there is
    no room for all names, the phase that goes on and its number. Of an `unread` run only phases that were
    read of are told: nobody knows of the others whether they have begun."""
    phases = [phase for phase in _phases(board) if not unread or phase in board.phases]
    if not phases:
        return Content("")
    for timed in (True, False):
        parts = _segments(board, phases, now_t, timed=timed)
        if sum(cells(text) for text, _ in parts) <= width:
            return Content.assemble(*parts)
    return Content("") if unread else _short(board, phases, now_t)


def _phases(board: Board) -> list[Phase]:
    planned = list(board.plan.phases) if board.plan else []
    begun = [phase for phase in board.phases if phase not in planned]
    return [phase for phase in Phase if phase in planned or phase in begun]


def _segments(board: Board, phases: list[Phase], now_t: float, *, timed: bool) -> list[Part]:
    parts: list[Part] = []
    for phase in phases:
        view = board.phases.get(phase)
        look = look_of_phase(view)
        going_on = view is not None and view.outcome is None
        took = "" if view is None else duration(int(now_t - view.since_t) if going_on else view.took_s)
        style = look.tone.value + (" bold" if going_on else "")
        parts.append((f"{look.glyph} {phase.value}", style.strip() if view else DIM))
        if timed and took:
            parts.append((f" {took}", DIM))
        parts.append(("   " if timed else "  ", ""))
    return parts[:-1]


def _short(board: Board, phases: list[Phase], now_t: float) -> Content:
    view = board.phase()
    if view is None:
        return Content.assemble((f"{len(board.phases)} of {len(phases)} phases", DIM))
    number = phases.index(view.phase) + 1
    took = duration(max(0.0, int(now_t - view.since_t)))
    look = look_of_phase(view)
    return Content.assemble(
        (f"{look.glyph} {view.phase.value}", f"{Tone.WORKING.value} bold"),
        (f" {took}   phase {number} of {len(phases)}", DIM),
    )
