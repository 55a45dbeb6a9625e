"""The barriers: who can open each, who waits at it, and how long until it fails."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from textual.content import Content

from backstaff.console.bars import bar
from backstaff.console.line_text import cells, cut
from backstaff.console.states import Tone, look_of
from backstaff.console.time_left import TimeLeft, time_left
from backstaff.events.board import Board
from backstaff.events.board_state import BarrierView, WaitView
from backstaff.events.facts import BarrierState, PairState, Phase, WaitKind
from backstaff.events.inert import inert
from backstaff.explain.why import openers
from backstaff.explain.words import NO_LIMIT, duration

DIM = "$text-muted"
MOST_NAMES = 4
BAR_WIDTH = 22
LEAST_BAR = 6


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
    state = f"{look.glyph} barrier {inert(barrier.name)} {look.word}"
    line = Content.assemble((state, f"{look.tone.value} bold"))
    if barrier.state is BarrierState.CLOSED:
        gatekeepers = [pair for pair in board.pairs.values() if pair.role == barrier.name]
        healthy = sum(1 for pair in gatekeepers if pair.state is PairState.HEALTHY)
        line += f"   {healthy} of {len(gatekeepers)} healthy"
        wait = _longest(board, barrier, now_t)
        time = time_left(board, wait, now_t) if wait is not None else None
        able = replace(barrier, can_open=openers(board, barrier))
        line += _who_and_until_when(able, time, width - line.cell_length)
    elif barrier.reason:
        line += f"   {_in_short(inert(barrier.reason), width - line.cell_length - 3)}"
    return line.truncate(width, ellipsis=True)


def _in_short(reason: str, room: int) -> str:
    """The reason, without what stands in brackets where there is no room for that: the card tells it."""
    return reason if cells(reason) <= room else cut(reason.partition(" (")[0], room)


def _who_and_until_when(barrier: BarrierView, time: TimeLeft | None, room: int) -> Content:
    """Names and time, as much of them as there is room for. The bar is the first to become small, then names
    become numbers and are left out; where there is no room for any bar the times stay."""
    if time is None:
        return Content(next((names for names in _names(barrier) if cells(names) <= room), ""))
    if time.endless:
        return _who_without_end(barrier, f"   {duration(int(time.used))}, {NO_LIMIT}", room)
    of = f"   {duration(int(time.used))} of {duration(time.total)}  "
    left = f"  {duration(round(time.left))} left"
    for names in _names(barrier):
        for remaining in (left, ""):
            drawn = min(BAR_WIDTH, room - cells(names + of + remaining))
            if drawn >= LEAST_BAR:
                shown = bar(time.fraction, drawn, Tone.WAITING.value)
                return Content.assemble(names, of, shown, (remaining, DIM))
    return Content(of.rstrip())


def _who_without_end(barrier: BarrierView, lasts: str, room: int) -> Content:
    return Content(next((names + lasts for names in _names(barrier) if cells(names + lasts) <= room), lasts))


def _names(barrier: BarrierView) -> Iterator[str]:
    """Who can open it and who waits: in full, then fewer of them, counted, only those who wait, nobody."""
    for most in range(MOST_NAMES, -1, -1):
        opening = _listed("can open", barrier.can_open, most)
        yield f"   {opening}   {_listed('waiting', barrier.waiting, most)}"
    yield f"   {_listed('waiting', barrier.waiting, 0)}"
    yield ""


def _listed(what: str, names: Sequence[str], most: int) -> str:
    if not most:
        return f"{len(names)} {what}"
    shown = " ".join(inert(name) for name in names[:most])
    more = f" +{len(names) - most}" if len(names) > most else ""
    return f"{what}: {shown}{more}" if names else f"{what}: none"


def _longest(board: Board, barrier: BarrierView, now_t: float) -> WaitView | None:
    """The wait at a barrier that would last longest."""
    waits = [
        wait
        for wait in board.waits.values()
        if wait.start.what is WaitKind.BARRIER and f"{wait.start.role}@{wait.start.host}" in barrier.waiting
    ]
    return max(waits, key=lambda wait: (not wait.start.limit_s, wait.left_s(now_t)), default=None)
