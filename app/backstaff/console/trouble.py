"""How much a host or a role on it needs to be looked at."""

from collections.abc import Iterable
from enum import IntEnum

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import HostState, PairState


class Trouble(IntEnum):
    """The more trouble, the higher; from `STRUGGLING` on it is marked."""

    DONE = 0
    IDLE = 1
    BUSY = 2
    WAITING = 3
    STRUGGLING = 4
    GONE = 5
    FAILED = 6


SUSPICIOUS = 3
"""So many bad health checks alike in a row are more than an application that is still starting."""
_GONE = {HostState.LOST, HostState.UNREACHABLE, HostState.QUIET}
_IDLE = {
    PairState.PENDING,
    PairState.QUEUED,
    PairState.HALTED,
    PairState.CANCELLED,
    PairState.ROLLED_BACK,
}
_FAILED = {PairState.FAILED, PairState.NOT_ROLLED_BACK}
_ENDED = {"exited", "dead", "restarting"}


def host_trouble(board: Board, host: str, pairs: Iterable[PairView]) -> Trouble:
    """The most trouble of a host and of its roles, which are `pairs`."""
    view = board.hosts.get(host)
    if view is not None and view.state in _GONE:
        return Trouble.GONE
    return max((pair_trouble(board, pair) for pair in pairs), default=Trouble.IDLE)


def pair_trouble(board: Board, pair: PairView) -> Trouble:
    """How a role on a host fares."""
    if pair.state in _FAILED:
        return Trouble.FAILED
    if pair.state is PairState.HEALTHY:
        return Trouble.DONE
    if not pair.state.final and _struggles(board, pair):
        return Trouble.STRUGGLING
    if pair.state is PairState.WAITING:
        return Trouble.WAITING
    return Trouble.IDLE if pair.state in _IDLE else Trouble.BUSY


def _struggles(board: Board, pair: PairView) -> bool:
    """Whether what is seen of its container or its health checks speaks against it."""
    probes = board.probes.get(pair.key, ())
    if probes and not probes[-1].ok and probes[-1].count >= SUSPICIOUS:
        return True
    container = board.container_of(pair)
    if container is None:
        return False
    facts = container.facts
    return facts.state in _ENDED or facts.restarts > 0 or facts.health == "unhealthy" or facts.oom_killed
