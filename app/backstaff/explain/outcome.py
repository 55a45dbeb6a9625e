"""Where every host stands at the end of a run: which version serves, what became of the new one, the lock."""

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import LockState, PairState, PairVerdict
from backstaff.explain.words import listed

_UNTOUCHED = {
    PairState.PENDING,
    PairState.QUEUED,
    PairState.PULLING,
    PairState.PREPARING,
    PairState.WAITING,
    PairState.HALTED,
}
_NEW_SERVES = {PairState.STOPPING_OLD, PairState.HEALTHY, PairState.NOT_ROLLED_BACK}


def final_state(board: Board) -> tuple[str, ...]:
    """One part per group of hosts that stand alike, then the lock: `h3 and h4 v41 runs, untouched`.

    What the hosts were seen to run at the end counts; where nobody could look, what is known from before.
    """
    return (*_hosts(board), *_lock(board))


def _hosts(board: Board) -> list[str]:
    alike: dict[str, list[str]] = {}
    for host in dict.fromkeys(pair.host for pair in board.pairs.values()):
        alike.setdefault(_host(board, host), []).append(host)
    return [f"{listed(hosts)} {says}" for says, hosts in alike.items()]


def _host(board: Board, host: str) -> str:
    """What a host's roles run; the role is named only where there are several."""
    pairs = board.pairs_on(host)
    says = {pair.role: pair_outcome(board, pair) for pair in pairs}
    if len(set(says.values())) == 1:
        return next(iter(says.values()))
    return ", ".join(f"{role}: {said}" for role, said in says.items())


def pair_outcome(board: Board, pair: PairView) -> str:
    """`v42 serves`, `v42 stopped, v41 serves`, `v41 runs, untouched`, `v42 rolled back to v41`,
    `unknown: no answer within 10 s`."""
    verdict = verdict_of(board, pair)
    if verdict is not None and verdict.unknown:
        return f"unknown: {verdict.unknown}"
    verb = "serves" if pair.proxied else "runs"
    serving = verdict.serving if verdict is not None else _believed(board, pair)
    if serving is None:
        return "untouched" if pair.state in _UNTOUCHED else "unknown"
    says = f"{serving} {verb}" if serving else f"nothing {verb}"
    if pair.state in _UNTOUCHED:
        return f"{says}, untouched"
    if pair.state is PairState.NOT_ROLLED_BACK:
        return f"{says}, not rolled back"
    if pair.state is PairState.ROLLED_BACK:
        return _rolled_back(board, pair, serving) or f"rolled back, {says}"
    gone = _new_is_gone(board, pair, serving)
    return f"{gone}, {says}" if gone else says


def verdict_of(board: Board, pair: PairView) -> PairVerdict | None:
    """What a pair was seen to run at the end of the run."""
    mine = [each for each in board.verdicts if (each.host, each.role) == (pair.host, pair.role)]
    return mine[-1] if mine else None


def _believed(board: Board, pair: PairView) -> str | None:
    """The version that serves as far as the events tell, None if they do not."""
    if pair.state in _NEW_SERVES and board.run is not None:
        return board.run.version
    return pair.version_before


def _rolled_back(board: Board, pair: PairView, serving: str) -> str:
    """Empty where it is not the version before that serves now, or the same one as was deployed."""
    version = board.run.version if board.run else ""
    back = serving == pair.version_before != version
    return f"{version} rolled back to {serving}" if back else ""


def _new_is_gone(board: Board, pair: PairView, serving: str) -> str:
    version = board.run.version if board.run else ""
    if pair.state is not PairState.FAILED or not version or serving == version:
        return ""
    container = board.container_of(pair)
    if container is None:
        return f"{version} not started"
    return f"{version} still runs" if container.facts.state == "running" else f"{version} stopped"


def _lock(board: Board) -> list[str]:
    lock = board.lock
    match lock.state if lock else LockState.FREE:
        case LockState.RELEASED:
            return ["lock released"]
        case LockState.HELD:
            return ["lock held by somebody else"]
        case LockState.OURS | LockState.TAKEN_OVER | LockState.LEFT_BEHIND if lock is not None:
            return [f"LOCK LEFT BEHIND on {lock.host}: {lock.release or 'backstaff lock release'}"]
        case _:
            return []
