"""The first line: what is deployed where, in which phase, since when, and who holds the lock."""

from collections.abc import Sequence

from textual.content import Content

from backstaff.console.line_text import cells, cut
from backstaff.console.session import RunInfo
from backstaff.console.states import Tone, look_of
from backstaff.events.board import Board
from backstaff.events.facts import LockState, Phase
from backstaff.events.inert import inert
from backstaff.headless.card import clock

DIM = "$text-muted"
LEAST_GAP = 2
Part = tuple[str, str]


def header_line(board: Board, info: RunInfo, now_t: float, width: int) -> Content:
    """One line of `width` cells; where it is narrow the less important parts are left out."""
    left, right = _left(board, info), _right(board, info, now_t)
    for keep in range(len(left) + len(right), 1, -1):
        parts = _most_important(left, right, keep)
        line = _spread(*parts, width)
        if line is not None:
            return line
    return Content.assemble((cut(left[0][0], width), "bold")) if left else Content("")


Ranked = tuple[str, str, int]
"""Text, style, and how soon it is left out: the highest first."""


def _left(board: Board, info: RunInfo) -> list[Ranked]:
    run = board.run
    if run is None:
        return [(f"backstaff  {inert(info.title)}".rstrip(), "bold", 0)]
    name = f"{run.service} · {run.destination}" if run.destination else run.service
    parts: list[Ranked] = [(inert(name), "bold", 0)]
    versions = inert(run.version) if info.unread else _versions(board)
    if versions:
        parts.append((versions, "", 1))
    parts.append((inert(run.command), DIM, 3))
    if info.title:
        parts.append((inert(info.title), DIM, 5))
    return parts


def _versions(board: Board) -> str:
    """`v41 → v42`, or what is to be run where nothing is known to run yet."""
    run = board.run
    if run is None or not run.version:
        return ""
    before = {pair.version_before for pair in board.pairs.values() if pair.version_before}
    before.discard(run.version)
    if not before:
        return inert(run.version)
    was = next(iter(before)) if len(before) == 1 else f"{len(before)} versions"
    return f"{inert(was)} → {inert(run.version)}"


def _right(board: Board, info: RunInfo, now_t: float) -> list[Ranked]:
    parts: list[Ranked] = []
    verdict = _verdict(board)
    phase = _phase_read(board) if info.unread else _phase(board)
    parts.append((*(verdict or (phase, Tone.WORKING.value)), 1))
    parts.append((clock(now_t), "bold", 0))
    wall = board.wall(now_t) if info.past else None
    if wall is not None:
        at = wall.astimezone()
        parts += [(f"{at:%Y-%m-%d}", DIM, 6), (f"{at:%H:%M:%S}", "", 2)]
    if board.lock is not None:
        look = look_of(board.lock.state)
        held = board.lock.state is LockState.HELD and board.lock.details
        whose = f" by {_holder(board.lock.details)}" if held else ""
        parts.append((f"{look.glyph} lock {look.word}{whose}", look.tone.value, 4))
    return parts


def _verdict(board: Board) -> Part | None:
    if board.result is None:
        return None
    tone = {"done": Tone.OK, "cancelled": Tone.WAITING}.get(board.result.verdict, Tone.FAILED)
    return board.result.verdict.upper(), f"{tone.value} bold"


def _phase(board: Board) -> str:
    """`boot, group 1 of 2`."""
    view = board.phase()
    if view is None:
        return "begins" if not board.phases else "ends"
    groups = board.plan.groups if board.plan else ()
    if view.phase is not Phase.BOOT or len(groups) < 2:
        return view.phase.value
    going = [pair.group for pair in board.pairs.values() if pair.group and not pair.state.final]
    return f"boot, group {min(going, default=len(groups))} of {len(groups)}"


def _phase_read(board: Board) -> str:
    """The phase, where its beginning was read. Its group would be told by all roles, whatever was read."""
    view = board.phase()
    return view.phase.value if view is not None else "phase not read yet"


def _holder(details: Sequence[str]) -> str:
    first = inert(details[0]) if details else ""
    return first.removeprefix("Locked by: ").split(" at ")[0]


def _most_important(
    left: Sequence[Ranked], right: Sequence[Ranked], keep: int
) -> tuple[Sequence[Ranked], Sequence[Ranked]]:
    """The `keep` parts that matter most, in their order."""
    ranked = sorted([*left, *right], key=lambda part: part[2])[:keep]
    return [part for part in left if part in ranked], [part for part in right if part in ranked]


def _spread(left: Sequence[Ranked], right: Sequence[Ranked], width: int) -> Content | None:
    """Both sides with the gap between them; None if they do not fit."""
    gap = " " * (LEAST_GAP + 1)
    texts = [gap.join(text for text, _, _ in side) for side in (left, right)]
    room = width - sum(cells(text) for text in texts)
    if room < LEAST_GAP:
        return None
    parts: list[Part] = []
    for number, side in enumerate((left, right)):
        for place, (text, style, _) in enumerate(side):
            parts += [(gap, "")] if place else []
            parts.append((text, style))
        parts += [(" " * room, "")] if number == 0 else []
    return Content.assemble(*parts)
