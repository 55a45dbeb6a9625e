"""The barriers: who can open each, who waits at it, and how long until it fails."""

from collections.abc import Sequence

from textual.content import Content

from backstaff.console.bars import bar
from backstaff.console.states import Tone, look_of
from backstaff.events.board import Board
from backstaff.events.board_state import BarrierView, WaitView
from backstaff.events.facts import BarrierState, PairState, Phase, WaitKind
from backstaff.events.inert import inert
from backstaff.events.width import columns
from backstaff.explain.words import duration

DIM = "$text-muted"
MOST_NAMES = 4
BAR_WIDTH = 22
LEAST_BAR = 8
Part = tuple[str, str]


def barrier_lines(board: Board, now_t: float, width: int) -> list[Content]:
    """A line for each barrier: of open ones only as long as the boot goes on."""
    phase = board.phase()
    booting = phase is not None and phase.phase is Phase.BOOT
    return [
        _line(board, barrier, now_t, width)
        for barrier in board.barriers.values()
        if booting or barrier.state is not BarrierState.OPEN
    ]


def _line(board: Board, barrier: BarrierView, now_t: float, width: int) -> Content:
    look = look_of(barrier.state)
    parts: list[Part] = [
        (f"{look.glyph} barrier {inert(barrier.name)} {look.word}", f"{look.tone.value} bold")
    ]
    if barrier.state is BarrierState.CLOSED:
        gatekeepers = [pair for pair in board.pairs.values() if pair.role == barrier.name]
        healthy = sum(1 for pair in gatekeepers if pair.state is PairState.HEALTHY)
        parts.append((f"   {healthy} of {len(gatekeepers)} healthy", ""))
        timer = _timer(board, barrier, now_t, width - _width(parts))
        parts += _names(barrier, width - _width(parts) - timer.cell_length)
        return Content.assemble(*parts, timer)
    if barrier.reason:
        parts.append((f"   {_cut(inert(barrier.reason), width - _width(parts) - 3)}", ""))
    return Content.assemble(*parts)


def _names(barrier: BarrierView, room: int) -> list[Part]:
    """Who can open it and who waits, in full, counted, or not at all, as there is room."""
    for most in range(MOST_NAMES, -1, -1):
        opened = _listed("can open", barrier.can_open, most)
        waiting = _listed("waiting", barrier.waiting, most)
        parts = [("   ", ""), (opened, ""), ("   ", ""), (waiting, "")]
        if _width(parts) <= room:
            return parts
    return []


def _listed(what: str, names: Sequence[str], most: int) -> str:
    if not most:
        return f"{len(names)} {what}"
    shown = " ".join(inert(name) for name in names[:most])
    more = f" +{len(names) - most}" if len(names) > most else ""
    return f"{what}: {shown}{more}" if names else f"{what}: none"


def _timer(board: Board, barrier: BarrierView, now_t: float, room: int) -> Content:
    """Time used and time left of the wait that will last longest."""
    wait = _longest(board, barrier, now_t)
    if wait is None:
        return Content("")
    limit = wait.start.limit_s
    text = f"   {duration(int(wait.elapsed_s(now_t)))} of {duration(limit)}"
    cells = min(BAR_WIDTH, room - len(text) - 2 - 28)
    if cells < LEAST_BAR:
        return Content(text)
    fraction = wait.elapsed_s(now_t) / limit if limit else 1.0
    return Content.assemble(text, "  ", bar(fraction, cells, Tone.WAITING.value))


def _longest(board: Board, barrier: BarrierView, now_t: float) -> WaitView | None:
    waits = [
        wait
        for wait in board.waits.values()
        if wait.start.what is WaitKind.BARRIER and f"{wait.start.role}@{wait.start.host}" in barrier.waiting
    ]
    return max(waits, key=lambda wait: wait.left_s(now_t), default=None)


def _width(parts: Sequence[Part]) -> int:
    return sum(columns(text) for text, _ in parts)


def _cut(text: str, width: int) -> str:
    return text if columns(text) <= width else f"{text[: max(0, width - 1)]}…"
