"""What headless mode says about a role on a host: its states, its new container, the barrier it stands at.

What happens to many pairs at once for one reason is one line.
"""

from collections.abc import Sequence
from typing import assert_never

from backstaff.events.board import Board
from backstaff.events.board_state import PairView, pair_key
from backstaff.events.facts import BarrierState, PairState, WaitKind
from backstaff.events.inert import inert
from backstaff.events.types import BarrierChanged, ContainerChanged, PairChanged, ProbeSeen
from backstaff.explain.doom import RESTART_LIMIT, how_it_ended
from backstaff.explain.probe_words import plain_cause, probe_in_short
from backstaff.explain.words import by_role, duration
from backstaff.headless.colour import Tone
from backstaff.headless.line import Detail, Line, clauses

_WORDS = {
    PairState.QUEUED: ("queued ", Tone.PLAIN, Detail.NORMAL),
    PairState.PULLING: ("pulls the image: ", Tone.PLAIN, Detail.VERBOSE),
    PairState.PREPARING: ("is prepared: ", Tone.PLAIN, Detail.VERBOSE),
    PairState.CREATING: ("creates the container: ", Tone.PLAIN, Detail.VERBOSE),
    PairState.STARTING: ("starts ", Tone.PLAIN, Detail.NORMAL),
    PairState.CHECKING: ("is checked: ", Tone.PLAIN, Detail.VERBOSE),
    PairState.SWITCHING: ("", Tone.PLAIN, Detail.NORMAL),
    PairState.STOPPING_OLD: ("stops ", Tone.PLAIN, Detail.NORMAL),
    PairState.FAILED: ("FAILED: ", Tone.BAD, Detail.QUIET),
    PairState.HALTED: ("not booted: ", Tone.WARNING, Detail.QUIET),
    PairState.CANCELLED: ("cancelled: ", Tone.WARNING, Detail.NORMAL),
    PairState.ROLLING_BACK: ("goes back: ", Tone.PLAIN, Detail.NORMAL),
    PairState.ROLLED_BACK: ("rolled back ", Tone.WARNING, Detail.QUIET),
    PairState.NOT_ROLLED_BACK: ("NOT ROLLED BACK ", Tone.BAD, Detail.QUIET),
}


def pair_lines(body: PairChanged, before: Board) -> list[Line]:
    """The line for a pair that moved to another state; none where it did not, or where another tells it."""
    known = before.pair(body.host, body.role)
    if known is not None and (known.state, known.detail) == (body.state, body.detail):
        return []
    if body.state is PairState.HEALTHY:
        return [Line(_healthy(body, before), body.host, body.role, Tone.GOOD)]
    together = _halted_together(known, before) if body.state is PairState.HALTED and known else None
    if together is not None:
        return together
    if body.state not in _WORDS:
        return []
    words, tone, needs = _WORDS[body.state]
    what, why = clauses(_detail(body, known, before))
    return [
        Line(f"{words}{what}" if what else words.rstrip(": "), body.host, body.role, tone, needs, parts=why)
    ]


def _detail(body: PairChanged, known: PairView | None, before: Board) -> str:
    """What completes a state's words: the event's own, else the usual."""
    if body.state is PairState.FAILED and known is not None:
        return plain_cause(before, known, body.detail)
    if body.detail:
        return body.detail
    if body.state is PairState.STARTING:
        return _version(before)
    return {PairState.STOPPING_OLD: "the old container", PairState.SWITCHING: "switches"}.get(body.state, "")


def _healthy(body: PairChanged, before: Board) -> str:
    pair, version = before.pair(body.host, body.role), _version(before)
    if body.detail.startswith("since "):
        return f"healthy: {version}, {body.detail}"
    old = pair.version_before if pair else ""
    return f"healthy: {old} -> {version}" if old and version else f"healthy: {version}".removesuffix(": ")


def _version(board: Board) -> str:
    return inert(board.run.version) if board.run else ""


def _halted_together(pair: PairView, before: Board) -> list[Line] | None:
    """Those that stood at a barrier are told by its line, those of the groups that never began by the first
    of them. None for a pair that is halted for a reason of its own."""
    failed_barriers = [each for each in before.barriers.values() if each.state is BarrierState.FAILED]
    if pair.state is PairState.WAITING and any(pair.key in each.waiting for each in failed_barriers):
        return []
    failed = max((each.group for each in before.pairs.values() if each.state is PairState.FAILED), default=0)
    never_begun = [each for each in before.pairs.values() if each.group > failed > 0]
    if pair not in never_begun:
        return None
    if any(each.state is PairState.HALTED for each in never_begun):
        return []
    who = by_role((each.host, each.role) for each in never_begun)
    return [Line(f"{who} not booted: group {failed} failed", tone=Tone.WARNING, needs=Detail.QUIET)]


def container_lines(body: ContainerChanged, before: Board) -> list[Line]:
    """Ends of the container that is being booted; ends of old ones are what the run wants."""
    facts = body.container
    pair = before.pair(body.host, body.role) if body.role else None
    if pair is None or pair.container != facts.id or pair.state.final:
        return []
    known = before.container_of(pair)
    was = known.facts if known else None
    if facts.state not in {"exited", "dead", "restarting"} or (was and was.state == facts.state):
        return []
    text = how_it_ended(facts)
    if facts.oom_killed:
        text += ", out of memory"
    if facts.state == "restarting":
        restart = f"restart {min(facts.restarts, RESTART_LIMIT)} of {RESTART_LIMIT}"
        text += f" ({restart if facts.restarts else 'restarts'})"
    tail = before.tail("container", body.host, body.role)
    last = (f'"{tail[-1].text}"',) if tail else ()
    return [Line(text, body.host, body.role, Tone.BAD, parts=last)]


def probe_lines(body: ProbeSeen, before: Board) -> list[Line]:
    """A result that differs from the last one; how often it came is told by the wait's heartbeat."""
    probe = body.probe
    known = before.probes.get(pair_key(body.host, body.role), ())
    if known and (known[-1].url, known[-1].result) == (probe.url, probe.result):
        return []
    return [Line(probe_in_short(probe), body.host, body.role, Tone.GOOD if probe.ok else Tone.PLAIN)]


def barrier_lines(body: BarrierChanged, before: Board, now_t: float) -> list[Line]:
    """A barrier that opens or fails, and what that means for all who stand at it.

    Why it failed is told by the lines of those that could have opened it."""
    known = before.barriers.get(body.barrier)
    if known is not None and known.state is body.state:
        return []
    who = by_role(_pairs(body.waiting))
    match body.state:
        case BarrierState.OPEN:
            waited = f"; {who} waited {duration(_waited_s(body, before, now_t))}" if who else ""
            return [Line(f"barrier {body.barrier} is open: {body.reason}{waited}", tone=Tone.GOOD)]
        case BarrierState.FAILED:
            halted = f"; {who} not booted" if who else ""
            text = f"barrier {body.barrier} failed: no {body.barrier} container became healthy{halted}"
            return [Line(text, tone=Tone.BAD, needs=Detail.QUIET)]
        case BarrierState.CLOSED:
            return []
        case _:
            assert_never(body.state)


def told_by_barrier(host: str, role: str, board: Board) -> bool:
    """Whether the line of a barrier has told how a pair's wait at it ended."""
    key = pair_key(host, role)
    return any(
        each.state is not BarrierState.CLOSED and key in each.waiting for each in board.barriers.values()
    )


def at_same_barrier(host: str, role: str, board: Board) -> Sequence[str]:
    """The pairs with an open wait at the barrier where this pair waits, it among them."""
    key = pair_key(host, role)
    barrier = next((each for each in board.barriers.values() if key in each.waiting), None)
    open_waits = {
        pair_key(each.start.host, each.start.role)
        for each in board.waits.values()
        if each.start.what is WaitKind.BARRIER
    }
    return [each for each in barrier.waiting if each in open_waits] if barrier else []


def pairs_in_words(keys: Sequence[str]) -> str:
    """Pair keys as people read them: `job on h3 and h4`."""
    return by_role(_pairs(keys))


def _pairs(keys: Sequence[str]) -> list[tuple[str, str]]:
    """Host and role of pair keys. No role has an `@` in its name; a host may, with its user before it."""
    split = (key.partition("@") for key in keys)
    return [(host, role) for role, _, host in split]


def _waited_s(body: BarrierChanged, before: Board, now_t: float) -> float:
    waits = [each for each in before.waits.values() if each.start.what is WaitKind.BARRIER]
    here = [each for each in waits if pair_key(each.start.host, each.start.role) in body.waiting]
    return max((each.elapsed_s(now_t) for each in here), default=0.0)
