"""How far pulls and builds have come, as bars."""

from collections.abc import Sequence

from textual.content import Content

from backstaff.console.bars import bar
from backstaff.console.line_text import cells, cut
from backstaff.console.states import Tone
from backstaff.events.board import Board
from backstaff.events.board_state import ProgressView
from backstaff.events.facts import Phase
from backstaff.events.inert import inert
from backstaff.explain.words import size

DIM = "$text-muted"
BAR_WIDTH = 24
GAP = 3
_PHASES = {"pull": Phase.PULL, "build": Phase.BUILD, "push": Phase.BUILD}


def progress_lines(board: Board, width: int) -> list[Content]:
    """A line for each thing that is being pulled, built or pushed now; pulls of all hosts are one line."""
    phase = board.phase()
    going_on = [
        view for view in board.progress.values() if phase and _PHASES.get(view.subject) is phase.phase
    ]
    pulls = [view for view in going_on if view.subject == "pull"]
    lines = [_pulls(pulls, width)] if pulls else []
    return lines + [_steps(view, width) for view in going_on if view.subject != "pull"]


def _pulls(views: list[ProgressView], width: int) -> Content:
    """All pulls together, and the host that is furthest behind."""
    current, total = sum(view.current for view in views), sum(view.total for view in views)
    ended = sum(1 for view in views if view.total and view.current >= view.total)
    behind = min(views, key=lambda view: view.current / view.total if view.total else 0.0)
    told = [f"{size(current)} of {size(total)}" if total else size(current)]
    if len(views) > 1:
        told += [f"{ended} of {len(views)} hosts", f"{inert(behind.host)} is last: {inert(behind.text)}"]
    else:
        told += [inert(behind.text)]
    return _drawn("pull", current / total if total else 0.0, told, width)


def _steps(view: ProgressView, width: int) -> Content:
    """A build's steps."""
    steps = [f"{view.current} of {view.total}"] if view.total else []
    room = width - _bar_width(width) - cells("".join(steps)) - cells(view.subject) - 4 - GAP * len(steps)
    told = [*steps, cut(inert(view.text), room)]
    return _drawn(view.subject, view.current / view.total if view.total else 0.0, told, width)


def _drawn(label: str, fraction: float, told: Sequence[str], width: int) -> Content:
    """A bar, and of what there is to tell as much as fits whole."""
    drawn = _bar_width(width)
    shown = bar(fraction, drawn, Tone.WORKING.value)
    room = width - drawn - cells(label) - 4
    text = cut(told[0], room)
    for each in told[1:]:
        longer = f"{text}{' ' * GAP}{each}"
        if cells(longer) > room:
            break
        text = longer
    return Content.assemble((f"{label}  ", "bold"), shown, f"  {text.rstrip()}")


def _bar_width(width: int) -> int:
    return min(BAR_WIDTH, max(0, width // 4))
