"""The end of a run in which all went well: what runs where now, and where the time went."""

from textual.content import Content

from backstaff.console.bars import bar
from backstaff.console.states import Look, Tone, look_of, look_of_phase
from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import HostState, Outcome, PairVerdict
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.explain.outcome import pair_outcome
from backstaff.explain.words import duration

DIM = "$text-muted"
BAR_WIDTH = 24
NAME = 10
TIME = 9


def summary_lines(board: Board, width: int) -> list[Content]:
    """The verdict, each phase with its time, and each role on each host as it was observed at the end."""
    result, run = board.result, board.run
    if result is None or run is None:
        return []
    tone = Tone.OK if result.verdict == "done" else Tone.WAITING
    what = f"{inert(run.service)} {inert(run.version)}".strip()
    lines = [
        Content.assemble(
            (result.verdict.upper(), f"{tone.value} bold"),
            (f"  {what} in {duration(result.took_s)}", "bold"),
        ),
        Content(""),
        *_phases(board, width),
    ]
    if board.verdicts:
        lines += [Content(""), *_verdicts(board)]
    return lines


def _phases(board: Board, width: int) -> list[Content]:
    """A bar for each phase, as long as its share of the time."""
    total = sum(view.took_s for view in board.phases.values()) or 1.0
    cells = min(BAR_WIDTH, width - NAME - TIME - 4)
    lines = []
    for view in board.phases.values():
        look = look_of_phase(view)
        shown = bar(view.took_s / total, cells, Tone.WORKING.value)
        name = f"{look.glyph} {view.phase.value:<{NAME}}"
        lines.append(Content.assemble((name, look.tone.value), f"{duration(view.took_s):>{TIME}}  ", shown))
    return lines


def _verdicts(board: Board) -> list[Content]:
    host = max(columns(inert(each.host)) for each in board.verdicts)
    role = max(columns(inert(each.role)) for each in board.verdicts)
    return [
        Content.assemble(
            f"{padded(inert(each.host), host)}  {padded(inert(each.role), role)}  ",
            (f"{_look(each).glyph} {_observed(board, each)}", _look(each).tone.value),
            (f"  {inert(each.note)}".rstrip(), DIM),
        )
        for each in sorted(board.verdicts, key=lambda each: each.agrees)
    ]


def _look(verdict: PairVerdict) -> Look:
    if verdict.unknown:
        return look_of(HostState.UNKNOWN)
    return look_of(Outcome.DONE if verdict.agrees else Outcome.FAILED)


def _observed(board: Board, verdict: PairVerdict) -> str:
    pair = board.pair(verdict.host, verdict.role) or PairView(verdict.host, verdict.role)
    return inert(pair_outcome(board, pair))
