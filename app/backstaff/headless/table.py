"""The last table of a run: hosts down, roles across, and in each cell what was seen to serve there."""

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import PairState
from backstaff.events.inert import inert
from backstaff.events.width import columns
from backstaff.explain.outcome import pair_outcome, verdict_of
from backstaff.headless.colour import Paint, Tone

DEFAULT_WIDTH = 80
GAP = "  "
NOTHING = "."


def table_lines(board: Board, paint: Paint, width: int = DEFAULT_WIDTH) -> list[str]:
    """One line per host under a heading; one line per pair where `width` is too narrow (0 means 80)."""
    if not board.pairs:
        return []
    width = width if width > 0 else DEFAULT_WIDTH
    roles = list(dict.fromkeys(pair.role for pair in board.pairs.values()))
    hosts = list(dict.fromkeys(pair.host for pair in board.pairs.values()))
    rows = [["host", *map(inert, roles)]]
    rows += [[inert(host), *(_cell(board, board.pair(host, role)) for role in roles)] for host in hosts]
    widths = [max(columns(row[column]) for row in rows) for column in range(len(rows[0]))]
    if sum(widths) + len(GAP) * len(roles) > width:
        return _list(board, paint)
    lines = [_row(rows[0], widths, [Tone.DIM] * len(widths), paint)]
    for host, row in zip(hosts, rows[1:], strict=True):
        tones = [Tone.PLAIN, *(_tone(board, board.pair(host, role)) for role in roles)]
        lines.append(_row(row, widths, tones, paint))
    return lines


def _row(cells: list[str], widths: list[int], tones: list[Tone], paint: Paint) -> str:
    last = len(cells) - 1
    padded = [
        paint(cell, tone) + (" " * (width - columns(cell)) if place < last else "")
        for place, (cell, width, tone) in enumerate(zip(cells, widths, tones, strict=True))
    ]
    return GAP.join(padded).rstrip()


def _list(board: Board, paint: Paint) -> list[str]:
    return [
        f"{inert(pair.host)} {inert(pair.role)}: {paint(_cell(board, pair), _tone(board, pair))}"
        for pair in board.pairs.values()
    ]


def _cell(board: Board, pair: PairView | None) -> str:
    """What a pair runs; where the run believed otherwise, what was seen instead."""
    if pair is None:
        return NOTHING
    verdict = verdict_of(board, pair)
    said = pair_outcome(board, pair)
    believed = pair.state is PairState.HEALTHY
    if believed and verdict is not None and not verdict.agrees and not verdict.unknown and verdict.note:
        said = f"{said} ({verdict.note})"
    return inert(said)


def _tone(board: Board, pair: PairView | None) -> Tone:
    if pair is None:
        return Tone.DIM
    verdict = verdict_of(board, pair)
    if pair.state in {PairState.FAILED, PairState.NOT_ROLLED_BACK}:
        return Tone.BAD
    if pair.state is PairState.ROLLED_BACK:
        return Tone.WARNING
    if verdict is not None and verdict.agrees:
        return Tone.GOOD
    return Tone.WARNING if verdict is not None and verdict.unknown else Tone.PLAIN
