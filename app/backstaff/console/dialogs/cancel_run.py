"""What cancelling a run does, told from what its Board shows at this moment."""

from collections import defaultdict
from collections.abc import Iterator
from typing import assert_never

from backstaff.console.hanging import Fact
from backstaff.console.states import Tone
from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import LockState, PairState, Phase
from backstaff.events.step_names import TAKE_LOCK
from backstaff.explain.words import listed

TITLE = "Cancel this run?"
VERB = "Cancel the run"
STAY = "Keep going"

_MOST_HOSTS = 4

_AFTERWARDS = (
    "The hosts are looked at once more, then the run ends. To cancel again does not wait for any of this: "
    "what was being stopped, or the lock, may then be left behind."
)

_PHASE_WORK = {
    Phase.BUILD: ("the build", "is ended; no host has been changed"),
    Phase.PULL: ("the pulls", "are ended; what has arrived stays for the next run"),
    Phase.FINISH: ("tidying up", "is ended where it is; the next run does it again"),
}
"""What goes on beside the roles, and what becomes of it."""

_Saying = tuple[str, Tone]


def what_cancelling_does(board: Board) -> tuple[str | Fact, ...]:
    """What happens to each role and to the lock, the most momentous first, and what a second request does.

    Empty once the run has ended: there is nothing to cancel then."""
    if board.result is not None:
        return ()
    return (
        *_pairs(board),
        *_local_work(board),
        *_lock(board),
        _AFTERWARDS,
    )


def _pairs(board: Board) -> Iterator[Fact]:
    """Roles with the same fate on several hosts share a line."""
    fates: defaultdict[tuple[int, str, str, Tone], list[str]] = defaultdict(list)
    for pair in board.pairs.values():
        text, tone = _fate(pair, board.run.version if board.run else "")
        fates[_weight(pair.state), pair.role, text, tone].append(pair.host)
    for (_, role, text, tone), hosts in sorted(fates.items(), key=lambda item: item[0][:3]):
        yield Fact(f"{role} on {listed(hosts, _MOST_HOSTS)}", text, tone, strong=True)


def _weight(state: PairState) -> int:
    """What is in the middle of something comes first, what stays as it is last."""
    order = (
        PairState.SWITCHING,
        PairState.ROLLING_BACK,
        PairState.STOPPING_OLD,
        PairState.CHECKING,
        PairState.STARTING,
        PairState.CREATING,
        PairState.HEALTHY,
    )
    return order.index(state) if state in order else len(order)


def _fate(pair: PairView, version: str) -> _Saying:
    new, old = version or "the new version", _old(pair, version)
    match pair.state:
        case (
            PairState.PENDING | PairState.QUEUED | PairState.PULLING | PairState.PREPARING | PairState.WAITING
        ):
            return f"not booted; {old}", Tone.PLAIN
        case PairState.CREATING:
            return f"{new} is being created and is never started; {old}", Tone.WAITING
        case PairState.STARTING:
            return f"{new} is starting and is stopped; {old}", Tone.WAITING
        case PairState.CHECKING if pair.proxied:
            return f"{new} is stopped unless it takes the traffic by then; {old}", Tone.WAITING
        case PairState.CHECKING:
            return f"{new} is being checked and is stopped; {old}", Tone.WAITING
        case PairState.SWITCHING:
            return (
                f"traffic moves to {new}, which is stopped only if it does not serve by then",
                Tone.WAITING,
            )
        case PairState.STOPPING_OLD:
            return f"stays on {new}; its old container may still be stopping", Tone.OK
        case PairState.HEALTHY:
            return f"stays on {new}", Tone.OK
        case PairState.ROLLING_BACK:
            return (
                f"going back is ended where it is; {new} is stopped only if it no longer serves",
                Tone.WAITING,
            )
        case PairState.NOT_ROLLED_BACK:
            return f"stays on {new}", Tone.PLAIN
        case PairState.FAILED | PairState.HALTED | PairState.CANCELLED | PairState.ROLLED_BACK:
            return f"stays as it is, {pair.state}; {old}", Tone.PLAIN
        case _:
            assert_never(pair.state)


def _old(pair: PairView, version: str) -> str:
    """What becomes of the container that was there before."""
    if pair.version_before is None:
        return "what runs there is not touched"
    if not pair.version_before:
        return "nothing ran there before"
    same = pair.version_before == version
    name = f"the container of {version} before it" if same else pair.version_before
    return f"{name} keeps {'serving' if pair.proxied else 'running'}"


def _local_work(board: Board) -> Iterator[Fact]:
    hooks = [step.step for step in board.steps.values() if not step.host and step.step.startswith("hook ")]
    phase = board.phase()
    work, fate = _PHASE_WORK.get(phase.phase, ("", "")) if phase is not None else ("", "")
    for hook in hooks:
        yield Fact(hook, "is ended", Tone.WAITING, strong=True)
    if work and not hooks:
        yield Fact(work, fate, Tone.WAITING, strong=True)


def _lock(board: Board) -> Iterator[Fact]:
    text, tone = _lock_fate(board)
    yield Fact("the lock", text, tone, strong=True)


def _lock_fate(board: Board) -> _Saying:
    if any(step.step == TAKE_LOCK for step in board.steps.values()):
        return "is being taken: given back if it has become ours by then", Tone.WAITING
    if board.lock is None:
        begun = board.phases.keys() & {Phase.PREPARE, Phase.BOOT, Phase.FINISH}
        return "is this run's caller's, who releases it" if begun else "is not held yet", Tone.PLAIN
    host = board.lock.host
    match board.lock.state:
        case LockState.OURS | LockState.TAKEN_OVER:
            return f"on {host} is released", Tone.OK
        case LockState.FREE:
            return "is not held", Tone.PLAIN
        case LockState.HELD:
            return f"on {host} is somebody else's and stays theirs", Tone.PLAIN
        case LockState.RELEASED:
            return f"on {host} is released already", Tone.PLAIN
        case LockState.LEFT_BEHIND:
            return f"on {host} could not be released: {board.lock.release}", Tone.FAILED
        case _:
            assert_never(board.lock.state)
