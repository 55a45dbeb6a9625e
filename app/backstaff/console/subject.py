"""What the console is looking at: a role on a host, a host, or the run as a whole."""

from dataclasses import dataclass

from backstaff.events.board import Board
from backstaff.events.board_state import WaitView, pair_key
from backstaff.events.facts import HostState, PairState, WaitKind


@dataclass(frozen=True)
class Subject:
    """Without a role it is the host, without a host the run and the machine it goes on."""

    host: str = ""
    role: str = ""

    @property
    def name(self) -> str:
        """`job@h3`, `h3`, or `this run`."""
        if self.role:
            return pair_key(self.host, self.role)
        return self.host or "this run"


RUN = Subject()

_TELLING = (
    WaitKind.ANSWER,
    WaitKind.BARRIER,
    WaitKind.PROXY,
    WaitKind.HEALTH,
    WaitKind.START,
    WaitKind.READINESS,
    WaitKind.LOCK,
    WaitKind.PULL,
    WaitKind.BUILD,
    WaitKind.HOOK,
    WaitKind.CONNECT,
    WaitKind.DOCKER,
    WaitKind.COMMAND,
    WaitKind.STOP,
    WaitKind.PAUSE,
)
"""Kinds of waits, the one that keeps most others waiting first."""
_FAILED_RANK = _TELLING.index(WaitKind.BARRIER) + 0.5
_GONE = {HostState.LOST, HostState.UNREACHABLE, HostState.QUIET}


def shown_waits(board: Board) -> list[WaitView]:
    """The waits that an operator is told of: of the ordinary calls to a host only those that last."""
    return [wait for wait in board.waits.values() if _is_shown(wait)]


def _is_shown(wait: WaitView) -> bool:
    return not wait.start.quiet or wait.why is not None


def subject_of(wait: WaitView) -> Subject:
    """Who waits."""
    return Subject(wait.start.host, wait.start.role)


def waits_of(board: Board, subject: Subject) -> list[WaitView]:
    """The open waits of a subject, the most telling first; of a role also those of its host."""
    here = board.waits_of(subject.host) if subject.host else board.waits.values()
    wanted = {subject, Subject(subject.host)}
    own = [wait for wait in here if _is_shown(wait) and subject_of(wait) in wanted]
    return sorted(own, key=lambda wait: (not wait.start.role, _rank(wait), wait.since_t))


def most_urgent(board: Board, current: Subject = RUN) -> Subject:
    """What an operator should look at now: who waits at a barrier, else what has failed, else another wait,
    else a host that is gone; at the end what has failed. `current` stays as long as nothing is more urgent,
    so that the view does not jump."""
    if board.failure is not None and (board.failure.host or board.result is not None):
        return Subject(board.failure.host, board.failure.role)
    if board.result is not None:
        return RUN
    candidates = _candidates(board)
    if not candidates:
        return current if _goes_on(board, current) else RUN
    best = min(rank for rank, _ in candidates)
    foremost = [subject for rank, subject in candidates if rank == best]
    return current if current in foremost else foremost[0]


def _candidates(board: Board) -> list[tuple[float, Subject]]:
    """What could be looked at, with its rank: the lowest comes first. Who waits at a barrier comes before
    what has failed, because why the barrier stays closed tells of the failure too."""
    waits = sorted(shown_waits(board), key=lambda wait: wait.since_t)
    waiting = [(_rank(wait), subject_of(wait)) for wait in waits]
    failed = [
        (_FAILED_RANK, Subject(pair.host, pair.role))
        for pair in board.pairs.values()
        if pair.state is PairState.FAILED
    ]
    gone = [
        (float(len(_TELLING)), Subject(host.name)) for host in board.hosts.values() if host.state in _GONE
    ]
    return waiting + failed + gone


def _goes_on(board: Board, subject: Subject) -> bool:
    pair = board.pair(subject.host, subject.role)
    return pair is not None and not pair.state.final


def _rank(wait: WaitView) -> float:
    return float(_TELLING.index(wait.start.what))
