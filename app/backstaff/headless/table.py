"""The last table of a run: hosts down, roles across, and in each cell what was seen to serve there."""

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import PairState
from backstaff.events.inert import inert
from backstaff.events.width import columns
from backstaff.explain.outcome import pair_outcome, verdict_of
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Styled, styled

DEFAULT_WIDTH = 80
GAP = "  "
NOTHING = "."


def table_lines(board: Board, width: int = DEFAULT_WIDTH) -> list[Styled]:
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
        return _list(board)
    lines = [_row(rows[0], widths, [Tone.DIM] * len(widths))]
    for host, row in zip(hosts, rows[1:], strict=True):
        tones = [Tone.PLAIN, *(_tone(board, board.pair(host, role)) for role in roles)]
        lines.append(_row(row, widths, tones))
    return lines


def _row(cells: list[str], widths: list[int], tones: list[Tone]) -> Styled:
    line = Styled()
    for cell, width, tone in zip(cells, widths, tones, strict=True):
        line += styled(cell, tone) + " " * (width - columns(cell)) + GAP
    return line.rstrip()


def _list(board: Board) -> list[Styled]:
    return [
        f"{inert(pair.host)} {inert(pair.role)}: " + styled(_cell(board, pair), _tone(board, pair))
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
