"""What headless mode says: each event as no line, one, or a few.

One line per change of state, in words that stay true when read later. What is told by a better line
(a wait's own, a phase's end) is not told twice.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import assert_never

from backstaff.events.board import Board
from backstaff.events.board_state import WaitView, pair_key
from backstaff.events.facts import BarrierState, HostState, LockState, Outcome, PairState, WaitKind
from backstaff.events.inert import inert
from backstaff.events.types import (
    BarrierChanged,
    CommandRun,
    ContainerChanged,
    ContainersSeen,
    Event,
    Failed,
    FunnelSeen,
    HostChanged,
    LockChanged,
    Notice,
    Output,
    PairChanged,
    PhaseEnded,
    PhaseStarted,
    PlanMade,
    ProbeSeen,
    Progress,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
    Verified,
    VersionSeen,
    WaitEnded,
    WaitExplained,
    WaitStarted,
)
from backstaff.explain.brief import explanation_lines, funnel_lines
from backstaff.explain.doom import how_it_ended, restart_note
from backstaff.explain.proxy_log import short_url
from backstaff.explain.words import counted, duration, listed
from backstaff.headless.colour import Tone
from backstaff.headless.step_lines import what_it_did
from backstaff.headless.wait_lines import wait_ended, wait_explained, wait_started


class Detail(IntEnum):
    """How much is said: -q, nothing, -v."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


@dataclass(frozen=True)
class Line:
    """One line: who it is about, and what happened. `needs` is the least detail at which it is shown."""

    text: str
    host: str = ""
    role: str = ""
    tone: Tone = Tone.PLAIN
    needs: Detail = Detail.NORMAL


def lines_of(event: Event, before: Board) -> list[Line]:
    """The lines for an event, inert. `before` is the Board as it was before this event."""
    return [
        replace(line, text=inert(line.text), host=inert(line.host), role=inert(line.role))
        for line in _lines(event, before)
    ]


def _lines(event: Event, before: Board) -> list[Line]:
    body = event.body
    match body:
        case RunStarted():
            return [Line(_run(body), tone=Tone.STRONG)]
        case PlanMade():
            return _plan(body)
        case PhaseStarted() | ContainersSeen() | Progress() | Verified() | Failed() | RunEnded():
            return []
        case PhaseEnded():
            return [_phase_ended(body)]
        case HostChanged():
            return _host(body, before)
        case VersionSeen():
            text = f"runs {inert(body.version)}" if body.version else "runs nothing yet"
            return [Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)]
        case StepStarted():
            text = f"{body.step}: {body.detail}" if body.detail else body.step
            return [Line(f"begins: {inert(text)}", body.host, body.role, Tone.DIM, Detail.VERBOSE)]
        case StepEnded():
            return [_step_ended(body, before)]
        case PairChanged():
            return _pair(body, before)
        case ContainerChanged():
            return _container(body, before)
        case FunnelSeen():
            funnel = body.funnel
            rows = [f"filters find {listed(funnel.found)}"] if funnel.found else funnel_lines(funnel)
            return [Line(inert(row), funnel.host, funnel.role, Tone.DIM, Detail.VERBOSE) for row in rows]
        case ProbeSeen():
            return _probe(body, before)
        case Output():
            return [_output(body)]
        case WaitStarted():
            text = wait_started(body)
            return [Line(text, body.host, body.role)] if text else []
        case WaitExplained():
            return _explained(body, before)
        case WaitEnded():
            return _wait_ended(body, before)
        case BarrierChanged():
            return _barrier(body, before)
        case LockChanged():
            return _lock(body)
        case CommandRun():
            return [_command(body)]
        case Notice():
            warning = body.level == "warning"
            text = f"warning: {inert(body.text)}" if warning else inert(body.text)
            return [Line(text, body.host, tone=Tone.WARNING if warning else Tone.PLAIN)]
        case _:
            assert_never(body)


def _run(body: RunStarted) -> str:
    where = f"{body.service} · {body.destination}" if body.destination else body.service
    version = f" {body.version}" if body.version else ""
    return inert(f"{body.command} of {where}{version} by {body.performer}, run {body.run}")


def _plan(body: PlanMade) -> list[Line]:
    hosts, groups = len(body.hosts), len(body.groups)
    text = f"{counted(hosts, 'host')}, {counted(groups, 'boot group')}"
    waiting = dict.fromkeys(pair.role for pair in body.pairs if body.barrier and not pair.gatekeeper)
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        text += f"; {listed(list(waiting))} {verb} for the first healthy {body.barrier} container"
    warnings = [Line(f"warning: {inert(each)}", tone=Tone.WARNING) for each in body.warnings]
    return [Line(inert(text)), *warnings]


def _phase_ended(body: PhaseEnded) -> Line:
    if body.outcome is Outcome.DONE:
        return Line(f"{body.phase.value} done in {duration(body.took_s)}", tone=Tone.DIM)
    ended = "failed" if body.outcome in {Outcome.EXPIRED, Outcome.DOOMED} else body.outcome.value
    return Line(f"{body.phase.value} {ended} after {duration(body.took_s)}", tone=Tone.WARNING)


def _host(body: HostChanged, before: Board) -> list[Line]:
    known = before.hosts.get(body.host)
    was = known.state if known else HostState.UNKNOWN
    detail = f": {inert(body.detail)}" if body.detail else ""
    match body.state:
        case HostState.UNREACHABLE:
            return [Line(f"can not be reached{detail}", body.host, tone=Tone.BAD, needs=Detail.QUIET)]
        case HostState.LOST:
            return [Line(f"connection lost{detail}", body.host, tone=Tone.BAD, needs=Detail.QUIET)]
        case HostState.QUIET:
            return [Line(f"gives no sign of life{detail}", body.host, tone=Tone.WARNING)]
        case HostState.CONNECTED if was is HostState.QUIET:
            return [Line("answers again", body.host, tone=Tone.GOOD)]
        case HostState.CONNECTED if was is not HostState.CONNECTED:
            docker = f", Docker {inert(body.docker)}" if body.docker else ""
            return [Line(f"connected{docker}{detail}", body.host, needs=Detail.VERBOSE)]
        case _:
            return []


def _step_ended(body: StepEnded, before: Board) -> Line:
    """Steps are for -v; one that failed is told unless a pair tells it. A run without a plan has nothing
    but its steps to tell what it did."""
    did = what_it_did(body, before) if before.plan is None else ""
    if did:
        return Line(did, body.host, body.role)
    detail = f": {inert(body.detail)}" if body.detail else ""
    took = duration(body.took_s)
    if body.outcome is Outcome.DONE:
        text = f"done: {inert(body.step)} in {took}{detail}"
        return Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)
    if body.outcome is Outcome.SKIPPED:
        text = f"skipped: {inert(body.step)}{detail}"
        return Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)
    bad = body.outcome is not Outcome.CANCELLED
    needs = Detail.VERBOSE if body.role else (Detail.QUIET if bad else Detail.NORMAL)
    text = f"{body.outcome.value}: {inert(body.step)} after {took}{detail}"
    return Line(text, body.host, body.role, Tone.BAD if bad else Tone.WARNING, needs)


_PAIR_WORDS = {
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
}


def _pair(body: PairChanged, before: Board) -> list[Line]:
    known = before.pair(body.host, body.role)
    if known is not None and (known.state, known.detail) == (body.state, body.detail):
        return []
    if body.state is PairState.HEALTHY:
        return [Line(_healthy(body, before), body.host, body.role, Tone.GOOD)]
    if body.state not in _PAIR_WORDS:
        return []
    words, tone, needs = _PAIR_WORDS[body.state]
    detail = inert(body.detail) or _usual_detail(body.state, before)
    return [Line(f"{words}{detail}" if detail else words.rstrip(": "), body.host, body.role, tone, needs)]


def _usual_detail(state: PairState, before: Board) -> str:
    """What completes a state's words where the event does not."""
    if state is PairState.STARTING:
        return _version(before)
    return {PairState.STOPPING_OLD: "the old container", PairState.SWITCHING: "switches"}.get(state, "")


def _healthy(body: PairChanged, before: Board) -> str:
    pair, version = before.pair(body.host, body.role), _version(before)
    old = pair.version_before if pair else ""
    return f"healthy: {old} -> {version}" if old and version else f"healthy: {version}".removesuffix(": ")


def _version(board: Board) -> str:
    return inert(board.run.version) if board.run else ""


def _container(body: ContainerChanged, before: Board) -> list[Line]:
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
        text += f", {restart_note(facts)}" if facts.restarts else ", restarts"
    tail = before.tail("container", body.host, body.role)
    if tail:
        text += f': "{inert(tail[-1].text)}"'
    return [Line(inert(text), body.host, body.role, Tone.BAD)]


def _probe(body: ProbeSeen, before: Board) -> list[Line]:
    """A result that differs from the last one; how often it came is told by the wait's heartbeat."""
    probe = body.probe
    known = before.probes.get(f"{body.role}@{body.host}", ())
    if known and (known[-1].url, known[-1].result) == (probe.url, probe.result):
        return []
    text = inert(f"GET {short_url(probe.url)} -> {probe.result}")
    return [Line(text, body.host, body.role, Tone.GOOD if probe.ok else Tone.PLAIN)]


def _output(body: Output) -> Line:
    text = inert(body.text)
    if body.source in {"hook", "build"}:
        name = f"{body.source} {inert(body.name)}".strip()
        return Line(f"{name} | {text}", body.host, body.role)
    return Line(f"| {text}", body.host, body.role, Tone.PLAIN, Detail.VERBOSE)


def _explained(body: WaitExplained, before: Board) -> list[Line]:
    """A heartbeat. Of those that wait at one barrier the first speaks for all."""
    wait = before.waits.get(body.wait)
    if wait is None or not body.heartbeat:
        return []
    host, role = wait.start.host, wait.start.role
    waiting = _at_same_barrier(wait, before)
    if waiting and waiting[0] != pair_key(host, role):
        return []
    block = [
        Line(f"  {inert(row)}", host, role, Tone.DIM, Detail.VERBOSE) for row in explanation_lines(body.why)
    ]
    return [Line(wait_explained(wait, body, waiting[1:]), host, role, Tone.WARNING), *block]


def _at_same_barrier(wait: WaitView, board: Board) -> tuple[str, ...]:
    """Pairs that wait at the barrier of this wait and have an open wait, it among them."""
    key = pair_key(wait.start.host, wait.start.role)
    if wait.start.what is not WaitKind.BARRIER:
        return ()
    barrier = next((each for each in board.barriers.values() if key in each.waiting), None)
    open_waits = {
        pair_key(each.start.host, each.start.role)
        for each in board.waits.values()
        if each.start.what is WaitKind.BARRIER
    }
    return tuple(each for each in barrier.waiting if each in open_waits) if barrier else ()


def _wait_ended(body: WaitEnded, before: Board) -> list[Line]:
    wait = before.waits.get(body.wait)
    text = wait_ended(wait, body) if wait else ""
    return [Line(text, wait.start.host, wait.start.role)] if wait and text else []


def _barrier(body: BarrierChanged, before: Board) -> list[Line]:
    known = before.barriers.get(body.barrier)
    if known is not None and known.state is body.state:
        return []
    match body.state:
        case BarrierState.OPEN:
            return [Line(f"barrier {body.barrier} is open: {inert(body.reason)}", tone=Tone.GOOD)]
        case BarrierState.FAILED:
            return [Line(f"barrier {body.barrier} failed: {inert(body.reason)}", tone=Tone.BAD)]
        case BarrierState.CLOSED:
            return []
        case _:
            assert_never(body.state)


def _lock(body: LockChanged) -> list[Line]:
    match body.state:
        case LockState.OURS:
            return [Line("lock taken", body.host)]
        case LockState.TAKEN_OVER:
            return [Line("lock taken over", body.host, tone=Tone.WARNING)]
        case LockState.RELEASED:
            return [Line("lock released", body.host)]
        case LockState.HELD:
            held = "; ".join(inert(line) for line in body.details)
            return [Line(f"lock held: {held}".removesuffix(": "), body.host, tone=Tone.WARNING)]
        case LockState.LEFT_BEHIND:
            text = f"LOCK LEFT BEHIND, release it with: {inert(body.release)}"
            return [Line(text, body.host, tone=Tone.BAD, needs=Detail.QUIET)]
        case LockState.FREE:
            return []
        case _:
            assert_never(body.state)


def _command(body: CommandRun) -> Line:
    ended = {0: "", None: ", no status"}.get(body.status, f", status {body.status}")
    error = f": {inert(body.error)}" if body.error else ""
    text = f"$ {inert(body.line)}  ({duration(body.took_s)}{ended}){error}"
    return Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)
