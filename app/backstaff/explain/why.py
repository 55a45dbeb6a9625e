"""Why a wait lasts: one sentence, the evidence host by host, and what comes next or can be done.

An explanation is a function of the Board and the time alone, so a replay says what the live run said.
"""

import re
from collections import Counter
from typing import assert_never

from backstaff.events.board import Board, progress_key
from backstaff.events.board_state import BarrierView, HostView, PairView, WaitView
from backstaff.events.facts import (
    Explanation,
    HostEvidence,
    HostState,
    LockState,
    PairState,
    WaitKind,
)
from backstaff.events.inert import inert
from backstaff.events.types import WaitStarted
from backstaff.explain.advice import telling_lines
from backstaff.explain.evidence import hint, host_in_words, pair_evidence
from backstaff.explain.words import duration, listed, size

ACTIVITIES = {
    WaitKind.CONNECT,
    WaitKind.COMMAND,
    WaitKind.DOCKER,
    WaitKind.PULL,
    WaitKind.BUILD,
    WaitKind.HOOK,
}
"""Kinds of waits whose cause names what goes on, instead of completing "waits for …"."""
_DECIDING = frozenset({WaitKind.START, WaitKind.HEALTH, WaitKind.PROXY})
"""Kinds of waits of which each is over when a role became healthy, or failed to."""
_ORDINARY = {HostState.UNKNOWN, HostState.CONNECTING, HostState.CONNECTED}
"""States of a host that explain nothing by themselves."""
_END_OF_TIME = re.compile(r"^[^;]* when (?:the time is over|nothing moves for [^;]*)(?:; |$)")
LOCAL = "this machine"
MOST_HOSTS = 10
"""How many hosts an explanation shows one by one; the others are counted."""


def explain_wait(board: Board, wait: WaitView | int, now_t: float) -> Explanation:
    """Explain an open wait (or its number) as of `now_t` seconds into the run.

    Times left are told to the second, so an explanation can differ from the one of a second ago."""
    view = board.waits.get(wait) if isinstance(wait, int) else wait
    if view is None:
        return Explanation(sentence="this wait is over")
    sentence = f"{subject(view)} {waits_for(view.start)}"
    evidence, advice = _because(board, view, now_t)
    return Explanation(sentence=sentence, evidence=evidence, advice=advice)


def advice_when_over(advice: str) -> str:
    """What an advice is still worth when the time of its wait is over: no more that this would end it."""
    return _END_OF_TIME.sub("", advice)


def subject(wait: WaitView) -> str:
    """Who waits: `job@h3`, `h3`, or this machine."""
    start = wait.start
    return f"{start.role}@{start.host}" if start.role else start.host or LOCAL


def waits_for(start: WaitStarted) -> str:
    """`waits for the first healthy web container`; of an activity, `waits: docker pull …`."""
    return f"waits{':' if start.what in ACTIVITIES else ' for'} {inert(start.cause)}"


Because = tuple[tuple[HostEvidence, ...], str]


def _because(board: Board, wait: WaitView, now_t: float) -> Because:
    """Evidence and advice for each kind of wait."""
    host, role = wait.start.host, wait.start.role
    match wait.start.what:
        case WaitKind.BARRIER:
            return _barrier(board, wait, now_t)
        case WaitKind.START | WaitKind.HEALTH | WaitKind.PROXY:
            return _own_pair(board, host, role), _own_advice(board, host, role)
        case WaitKind.READINESS:
            return _own_pair(board, host, role), "it counts as ready if it still runs when the time is over"
        case WaitKind.STOP:
            return _own_pair(board, host, role), "it is killed (SIGKILL) when the time is over"
        case WaitKind.PULL:
            return _pull(board, host), f"given up when nothing moves for {duration(wait.start.limit_s)}"
        case WaitKind.BUILD | WaitKind.HOOK:
            return _output(board, wait), "it is ended when the time is over"
        case WaitKind.LOCK:
            return _lock(board), _lock_advice(board)
        case WaitKind.CONNECT if _asks(board):
            return _host(board, host), "its time stands still while the operator is asked something"
        case WaitKind.CONNECT:
            return _host(board, host), f"given up when the time is over; can you log in to {host} with ssh?"
        case WaitKind.ANSWER:
            return _host(board, host) or _lock(board), "refused when the time is over"
        case WaitKind.COMMAND:
            return _host(board, host), "the command is ended when the time is over"
        case WaitKind.DOCKER:
            return _host(board, host), f"given up when the time is over; on {host}: systemctl status docker"
        case WaitKind.PAUSE:
            return (), "goes on by itself when the time is over"
        case _:
            assert_never(wait.start.what)


def _asks(board: Board) -> bool:
    return any(wait.start.what is WaitKind.ANSWER for wait in board.waits.values())


def _barrier(board: Board, wait: WaitView, now_t: float) -> Because:
    """The hosts that can open the barrier and what each is doing; then those that failed to."""
    barrier = _barrier_of(board, wait)
    gate = barrier.name if barrier else (board.plan.barrier if board.plan else "")
    hopeful = _hopeful(board, barrier, wait)
    kept = {pair.key for pair in hopeful}
    others = [
        pair
        for pair in board.pairs.values()
        if pair.role == gate and pair.key not in kept and pair.state is not PairState.HEALTHY
    ]
    ordered = sorted(hopeful + others, key=_urgency)
    evidence = tuple(pair_evidence(board, pair) for pair in ordered[:MOST_HOSTS])
    return (
        evidence + _rest(gate, ordered[MOST_HOSTS:]),
        _barrier_advice(board, hopeful, others, now_t) or _nobody(board, barrier, wait, others),
    )


def _rest(gate: str, pairs: list[PairView]) -> tuple[HostEvidence, ...]:
    """The hosts beyond the first ones, counted by what they are doing."""
    if not pairs:
        return ()
    states = Counter(pair.state.value for pair in pairs)
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    return (HostEvidence(host=f"{len(pairs)} more", role=gate, doing=told),)


def openers(board: Board, barrier: BarrierView) -> tuple[str, ...]:
    """The hosts that can still open a barrier for any of those that wait at it."""
    waiting = [
        wait
        for wait in board.waits.values()
        if wait.start.what is WaitKind.BARRIER and _barrier_of(board, wait) == barrier
    ]
    if not waiting:
        return barrier.can_open
    gatekeepers = _able(board, barrier)
    groups = {_group_of(board, wait) for wait in waiting}
    able = {pair.host for pair in gatekeepers if any(not _comes_later(group, pair) for group in groups)}
    known = {pair.host for pair in gatekeepers}
    return tuple(host for host in barrier.can_open if host in able or host not in known)


def _barrier_of(board: Board, wait: WaitView) -> BarrierView | None:
    """The barrier that lists the waiting pair, else the only one there is."""
    key = subject(wait)
    listing = [barrier for barrier in board.barriers.values() if key in barrier.waiting]
    return next(iter([*listing, *board.barriers.values()]), None)


def _urgency(pair: PairView) -> tuple[int, int]:
    """Pairs that failed first, then those at work, then those that have not begun."""
    order = {PairState.FAILED: 0, PairState.HALTED: 1, PairState.CANCELLED: 1, PairState.PENDING: 3}
    return order.get(pair.state, 2), pair.group


def _barrier_advice(board: Board, hopeful: list[PairView], others: list[PairView], now_t: float) -> str:
    """What comes next; empty where no host can open the barrier."""
    if not hopeful:
        return ""
    tail = _likely(board, others + hopeful)
    end = _end(board, hopeful, now_t)
    if end is None:
        return f"next: {listed([pair.host for pair in hopeful])} can still open it{tail}"
    left, last = end
    return f"next: the barrier fails when {last.host}'s time ends in {duration(round(left))}{tail}"


def _nobody(board: Board, barrier: BarrierView | None, wait: WaitView, others: list[PairView]) -> str:
    """Why no host can open the barrier: all have failed, or wait in their turn for those that wait here."""
    group = _group_of(board, wait)
    later = [pair.host for pair in _able(board, barrier) if _comes_later(group, pair)]
    if later:
        come = "comes" if len(later) == 1 else "come"
        return (
            f"no host can open the barrier: {listed(later)} {come} in a later group, which waits for this one"
        )
    return f"no host can open the barrier any more{_likely(board, others)}"


def _likely(board: Board, pairs: list[PairView]) -> str:
    likely = next((text for pair in pairs[:MOST_HOSTS] if (text := hint(board, pair))), "")
    return f"; {likely}" if likely else ""


def barrier_left_s(board: Board, wait: WaitView, now_t: float) -> float | None:
    """Seconds until the barrier fails at which `wait` waits: when the last host's time to open it ends, which
    is mostly long before the time of `wait` does.

    None for other waits, where a host that can open the barrier has no such time yet, and where none can."""
    if wait.start.what is not WaitKind.BARRIER:
        return None
    end = _end(board, _hopeful(board, _barrier_of(board, wait), wait), now_t)
    return None if end is None else end[0]


def _hopeful(board: Board, barrier: BarrierView | None, wait: WaitView) -> list[PairView]:
    """The gatekeepers that can still open a barrier for a wait. Groups boot one after the other, so those of
    a later group than the one that waits never do."""
    group = _group_of(board, wait)
    return [pair for pair in _able(board, barrier) if not _comes_later(group, pair)]


def _group_of(board: Board, wait: WaitView) -> int:
    """The group that waits, 0 where nothing is known of it."""
    waiting = board.pair(wait.start.host, wait.start.role)
    return 0 if waiting is None else waiting.group


def _comes_later(group: int, gatekeeper: PairView) -> bool:
    return gatekeeper.group > group > 0


def _able(board: Board, barrier: BarrierView | None) -> list[PairView]:
    """The gatekeepers that have neither failed nor been given up."""
    if barrier is None:
        return []
    hosts = set(barrier.can_open)
    return [pair for pair in board.pairs.values() if pair.role == barrier.name and pair.host in hosts]


def _end(board: Board, hopeful: list[PairView], now_t: float) -> tuple[float, PairView] | None:
    """The gatekeeper whose time ends last, and in how many seconds; None while one has no such time."""
    last: tuple[float, PairView] | None = None
    for pair in hopeful:
        left = _time_left(board, pair, now_t)
        if left is None:
            return None
        if last is None or left > last[0]:
            last = left, pair
    return last


def _time_left(board: Board, pair: PairView, now_t: float) -> float | None:
    """How long a pair may still take to become healthy, None while no such wait is open, and where one has no
    limit. A readiness delay is none: when it is over the pair counts as healthy."""
    latest: float | None = None
    for wait in board.waits_of(pair.host, pair.role):
        if wait.start.what not in _DECIDING:
            continue
        if not wait.start.limit_s:
            return None
        latest = max(latest or 0.0, wait.left_s(now_t))
    return latest


def _own_pair(board: Board, host: str, role: str) -> tuple[HostEvidence, ...]:
    pair = board.pair(host, role)
    return _host(board, host) if pair is None else (pair_evidence(board, pair),)


def _own_advice(board: Board, host: str, role: str) -> str:
    pair = board.pair(host, role)
    likely = hint(board, pair) if pair else ""
    return likely or "the boot fails when the time is over"


def _pull(board: Board, host: str) -> tuple[HostEvidence, ...]:
    progress = board.progress.get(progress_key("pull", host))
    if progress is None:
        return _host(board, host)
    of = f" of {size(progress.total)}" if progress.total else ""
    text = f", {inert(progress.text)}" if progress.text else ""
    return (HostEvidence(host=host, role="", doing=f"has {size(progress.current)}{of}{text}"),)


def _output(board: Board, wait: WaitView) -> tuple[HostEvidence, ...]:
    """What a hook or build has written since the wait began."""
    start = wait.start
    lines = [
        line
        for key, tail in board.output.items()
        if key.startswith(f"{start.what.value}:")
        for line in tail.lines
        if line.at_t >= wait.since_t
    ]
    lines.sort(key=lambda line: line.at_t)
    doing = "its last lines" if lines else "it has written nothing yet"
    output = telling_lines([line.text for line in lines])
    return (HostEvidence(host=start.host or LOCAL, role=start.role, doing=doing, output=output),)


def _lock(board: Board) -> tuple[HostEvidence, ...]:
    lock = board.lock
    if lock is None:
        return ()
    return (
        HostEvidence(
            host=lock.host,
            role="",
            doing=f"the lock is {lock.state.value}",
            lines=tuple(inert(line) for line in lock.details),
        ),
    )


def _lock_advice(board: Board) -> str:
    if board.lock is None or board.lock.state is not LockState.HELD:
        return "taken as soon as it is free"
    force = f"; if that run is dead: {inert(board.lock.release)}" if board.lock.release else ""
    return f"taken as soon as it is free{force}"


def _host(board: Board, name: str) -> tuple[HostEvidence, ...]:
    """A host's connection, unless there is nothing to say of it."""
    host = board.hosts.get(name, HostView(name))
    if not name or (host.state in _ORDINARY and not host.detail):
        return ()
    return (HostEvidence(host=name, role="", doing=inert(host_in_words(host))),)
