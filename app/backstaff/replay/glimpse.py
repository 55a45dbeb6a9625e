"""How a run stood at a place, told from some of what comes before it: quick, however far into it that is.

Of a big journal nearly all is output, and what else there is can be found many times as fast as all of it is
read. So a Board is made of the run's plan and of the last events before the place that are no output.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.events.board_state import HostView, PairView
from backstaff.events.facts import HostState, PairState
from backstaff.events.types import Event
from backstaff.events.wire import parse_line
from backstaff.replay.lines import LONGEST_LINE
from backstaff.replay.source import Source

NOT_READ = "not read yet"
"""What a Board says of hosts and roles of which the events that were read do not tell."""
BLOCK = 1024 * 1024
_HEAD_BYTES = 256 * 1024
_HEAD_EVENTS = 500
_KEPT_BYTES = 32 * 1024 * 1024
_AT_ONCE = 100
_BEGINS = rb'\n(\{"v":[0-9]+,"seq":[0-9]+,"at":"[^"\n]*","t":([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?),"kind":"'
_LINE = re.compile(_BEGINS + rb")")
_NO_OUTPUT = re.compile(_BEGINS + rb'(?!output")[^\n]*\})(?=\n)')


@dataclass(frozen=True)
class Reach:
    """How far back events are looked for, and how many of them are folded."""

    size: int
    events: int


NEAR = Reach(8 * BLOCK, 500)
FAR = Reach(1 << 62, 20_000)


@dataclass(frozen=True)
class Glimpse:
    """A Board, and whether all events before its place are on it that are no output. If not, hosts and roles
    of whose state nothing was read say so, and what follows from all events together can not be told."""

    board: Board
    whole: bool


def glimpse(source: Source, offset: int, reach: Reach) -> Generator[int, None, Glimpse]:
    """How the run stood before the line at `offset`, a few milliseconds at a time; yields where it is.

    Raises `JournalError` if the source can not be read."""
    start, lines = yield from _lines_before(source, offset, reach)
    whole = start == 0
    board = Board() if whole else _unread(_head(source, start))
    for number, event in enumerate(_events(lines)):
        board.fold(event)
        if number % _AT_ONCE == _AT_ONCE - 1:
            yield offset
    if not whole:
        tell_unread(board)
    return Glimpse(board, whole)


def tell_unread(board: Board) -> None:
    """Have hosts and roles say so of whose state nothing was read, whatever else of them was."""
    for name, host in board.hosts.items():
        if host.state is HostState.UNKNOWN:
            board.hosts[name] = replace(host, detail=NOT_READ)
    for key, pair in board.pairs.items():
        if pair.state is PairState.PENDING:
            board.pairs[key] = replace(pair, detail=NOT_READ)


def is_unread(pair: PairView) -> bool:
    """Whether nothing was read of the state of a role on a host."""
    return pair.state is PairState.PENDING and pair.detail == NOT_READ


def place_at(source: Source, t: float) -> int:
    """Where about the first line begins that is later than `t`, found in a few reads; the end if none is.

    It is exact where times only grow. Raises `JournalError` if the source can not be read."""
    low, high = 0, source.stamp().size
    while high - low > BLOCK // 4:
        middle = (low + high) // 2
        found = _LINE.search(source.read(middle, BLOCK // 4))
        if found is not None and float(found[2]) <= t:
            low = middle + found.start(1)
        else:
            high = middle
    for found in _LINE.finditer(b"\n" + source.read(low, BLOCK)):
        if float(found[2]) > t:
            return low + found.start(1) - 1
    size = source.stamp().size
    return size if high >= size else low


def _lines_before(
    source: Source, offset: int, reach: Reach
) -> Generator[int, None, tuple[int, Iterator[bytes]]]:
    """The lines that are no output, in their order, and the byte from which on there is no other."""
    blocks: list[list[bytes]] = []
    end, count, kept = offset, 0, 0
    while end > max(0, offset - reach.size):
        start, block = _block_before(source, end)
        found = [each[1] for each in _NO_OUTPUT.finditer(b"\n" + block)]
        count += len(found)
        kept += sum(map(len, found))
        blocks.append(found[-reach.events :])
        if count > reach.events or kept > _KEPT_BYTES:
            break
        end = start
        yield end
    return end, chain.from_iterable(reversed(blocks))


def _block_before(source: Source, end: int) -> tuple[int, bytes]:
    """Whole lines up to the one that ends at `end`, and where they begin. Of a line that is too long to be
    one there is nothing."""
    size = BLOCK
    while True:
        start = max(0, end - size)
        block = source.read(start, end - start)
        if start == 0:
            return 0, block
        first = block.find(b"\n") + 1
        if 0 < first < len(block):
            return start + first, block[first:]
        if size > LONGEST_LINE:
            return start, b""
        size *= 2


def _head(source: Source, stop: int) -> Board:
    """The Board of the beginning of a run, where its plan is told."""
    board = Board()
    head = b"\n" + source.read(0, min(_HEAD_BYTES, stop))
    for event in _events(each[1] for each in islice(_NO_OUTPUT.finditer(head), _HEAD_EVENTS)):
        board.fold(event)
    return board


def _unread(board: Board) -> Board:
    """What holds all through a run: what it is, its plan, what ran before, and which phases are over. All
    else is not known: what was going on may have ended since."""
    return Board(
        seq=board.seq,
        at=board.at,
        t=board.t,
        run=board.run,
        plan=board.plan,
        phases={phase: view for phase, view in board.phases.items() if view.outcome is not None},
        hosts={name: HostView(name, docker=host.docker) for name, host in board.hosts.items()},
        pairs={key: _unread_pair(pair) for key, pair in board.pairs.items()},
    )


def _unread_pair(pair: PairView) -> PairView:
    return replace(
        PairView(pair.host, pair.role),
        group=pair.group,
        gatekeeper=pair.gatekeeper,
        proxied=pair.proxied,
        version_before=pair.version_before,
    )


def _events(lines: Iterator[bytes]) -> Iterator[Event]:
    for line in lines:
        try:
            yield parse_line(line)
        except JournalError:
            continue
