"""What headless mode says: each event as no line, one, or a few.

One line per change of state, in words that stay true when read later. What is told by a better line
(a wait's own, a phase's end) is not told twice.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from backstaff.events import types as ev
from backstaff.events.board import Board
from backstaff.events.board_state import WaitView, pair_key
from backstaff.events.facts import HostState, LockState, Outcome, WaitKind
from backstaff.events.inert import inert
from backstaff.explain.brief import explanation_lines, funnel_lines
from backstaff.explain.words import counted, duration, listed
from backstaff.headless.colour import Tone
from backstaff.headless.line import Detail, Line, clauses
from backstaff.headless.pair_lines import (
    at_same_barrier,
    barrier_lines,
    container_lines,
    pair_lines,
    pairs_in_words,
    probe_lines,
    told_by_barrier,
)
from backstaff.headless.step_lines import what_it_did
from backstaff.headless.wait_lines import wait_ended, wait_explained, wait_started

__all__ = ["Detail", "Line", "lines_of"]

WORTH_TELLING_S = 0.05
"""A phase that was over sooner took, in the digits shown, no time."""


def lines_of(event: ev.Event, before: Board) -> list[Line]:
    """The lines for an event, inert. `before` is the Board as it was before this event."""
    return [
        replace(
            line,
            text=inert(line.text),
            host=inert(line.host),
            role=inert(line.role),
            parts=tuple(map(inert, line.parts)),
        )
        for line in _lines(event, before)
    ]


def _lines(event: ev.Event, before: Board) -> list[Line]:
    body = event.body
    match body:
        case ev.RunStarted():
            return [Line(_run(body), tone=Tone.STRONG)]
        case ev.PlanMade():
            return _plan(body)
        case (
            ev.PhaseStarted()
            | ev.ContainersSeen()
            | ev.Progress()
            | ev.Verified()
            | ev.Failed()
            | ev.RunEnded()
        ):
            return []
        case ev.PhaseEnded():
            return [_phase_ended(body, before)]
        case ev.HostChanged():
            return _host(body, before)
        case ev.VersionSeen():
            text = f"runs {inert(body.version)}" if body.version else "runs nothing yet"
            return [Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)]
        case ev.StepStarted():
            text = f"{body.step}: {body.detail}" if body.detail else body.step
            return [Line(f"begins: {text}", body.host, body.role, Tone.DIM, Detail.VERBOSE)]
        case ev.StepEnded():
            return [_step_ended(body, before)]
        case ev.PairChanged():
            return pair_lines(body, before)
        case ev.ContainerChanged():
            return container_lines(body, before)
        case ev.FunnelSeen():
            funnel = body.funnel
            rows = [f"filters find {listed(funnel.found)}"] if funnel.found else funnel_lines(funnel)
            return [Line(inert(row), funnel.host, funnel.role, Tone.DIM, Detail.VERBOSE) for row in rows]
        case ev.ProbeSeen():
            return probe_lines(body, before)
        case ev.Output():
            return [_output(body)]
        case ev.WaitStarted():
            text = wait_started(body)
            return [Line(text, body.host, body.role)] if text else []
        case ev.WaitExplained():
            return _explained(body, before)
        case ev.WaitEnded():
            return _wait_ended(body, before)
        case ev.BarrierChanged():
            return barrier_lines(body, before, event.t)
        case ev.LockChanged():
            return _lock(body)
        case ev.CommandRun():
            return [_command(body)]
        case ev.Notice():
            return [_notice(body, before)]
        case _:
            assert_never(body)


def _run(body: ev.RunStarted) -> str:
    where = f"{body.service} · {body.destination}" if body.destination else body.service
    version = f" {body.version}" if body.version else ""
    return inert(f"{body.command} of {where}{version} by {body.performer}, run {body.run}")


def _plan(body: ev.PlanMade) -> list[Line]:
    hosts, groups = len(body.hosts), len(body.groups)
    text = f"{counted(hosts, 'host')}, {counted(groups, 'boot group')}"
    waiting = dict.fromkeys(pair.role for pair in body.pairs if body.barrier and not pair.gatekeeper)
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        text += f"; {listed(list(waiting))} {verb} for the first healthy {body.barrier} container"
    warnings = [Line(f"warning: {inert(each)}", tone=Tone.WARNING) for each in body.warnings]
    return [Line(inert(text)), *warnings]


def _phase_ended(body: ev.PhaseEnded, before: Board) -> Line:
    if body.outcome is Outcome.DONE:
        took = f" in {duration(body.took_s)}" if body.took_s >= WORTH_TELLING_S else ""
        return Line(f"{body.phase.value} done{took}", tone=Tone.DIM)
    if before.lock is not None and before.lock.state is LockState.HELD:
        return Line(f"{body.phase.value} ended by the lock after {duration(body.took_s)}", tone=Tone.WARNING)
    ended = "failed" if body.outcome in {Outcome.EXPIRED, Outcome.DOOMED} else body.outcome.value
    return Line(f"{body.phase.value} {ended} after {duration(body.took_s)}", tone=Tone.WARNING)


def _host(body: ev.HostChanged, before: Board) -> list[Line]:
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


def _step_ended(body: ev.StepEnded, before: Board) -> Line:
    """Steps are for -v; one that failed is told unless a pair tells it. A run without a plan has nothing
    but its steps to tell what it did."""
    did = what_it_did(body, before) if before.plan is None else ""
    if did:
        return Line(did, body.host, body.role)
    detail = f": {inert(body.detail)}" if body.detail else ""
    match body.outcome:
        case Outcome.DONE:
            text = f"done: {body.step} in {duration(body.took_s)}{detail}"
            return Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)
        case Outcome.SKIPPED:
            text = f"skipped: {body.step}{detail}"
            return Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)
        case Outcome.CANCELLED:
            needs = Detail.VERBOSE if body.role else Detail.NORMAL
            text = f"cancelled: {body.step} after {duration(body.took_s)}"
            return Line(text, body.host, body.role, Tone.WARNING, needs)
        case _:
            needs = Detail.VERBOSE if body.role else Detail.QUIET
            what, why = clauses(_failed(body, before))
            return Line(what, body.host, body.role, Tone.BAD, needs, parts=why)


_NAMED_FOR_WHAT_RUNS = ("hook ", "docker ")
"""How steps begin that are not named for what they are to do."""


def _failed(body: ev.StepEnded, before: Board) -> str:
    """What went wrong; where it went wrong on another host in the same way, that is all that is told."""
    named = body.step.startswith(_NAMED_FOR_WHAT_RUNS)
    what = f"{body.step} failed" if named else f"could not {body.step}"
    like = (body.step, body.role, body.detail)
    others = [each.host for each in before.failed_steps if (each.step, each.role, each.detail) == like]
    if body.host and others and body.detail:
        return f"{what}, as on {others[0]}"
    return f"{what}: {body.detail}" if body.detail else what


def _notice(body: ev.Notice, before: Board) -> Line:
    """A warning, or what is good to know; of a host that is gone that is only what follows from it."""
    if body.level == "warning":
        what, why = clauses(body.text)
        return Line(f"warning: {what}", body.host, tone=Tone.WARNING, parts=why)
    host = before.hosts.get(body.host)
    gone = host is not None and host.state in {HostState.LOST, HostState.QUIET}
    return Line(body.text, body.host, needs=Detail.VERBOSE if gone else Detail.NORMAL)


def _output(body: ev.Output) -> Line:
    text = inert(body.text)
    if body.source in {"hook", "build"}:
        name = f"{body.source} {inert(body.name)}".strip()
        return Line(f"{name} | {text}", body.host, body.role)
    return Line(f"| {text}", body.host, body.role, Tone.PLAIN, Detail.VERBOSE)


def _explained(body: ev.WaitExplained, before: Board) -> list[Line]:
    """A heartbeat. Of those that wait at one barrier the first speaks for all."""
    wait = before.waits.get(body.wait)
    if wait is None or not body.heartbeat:
        return []
    host, role = wait.start.host, wait.start.role
    at_barrier = wait.start.what is WaitKind.BARRIER
    waiting = at_same_barrier(host, role, before) if at_barrier else ()
    if waiting and waiting[0] != pair_key(host, role):
        return []
    text, evidence = wait_explained(wait, body, pairs_in_words(waiting[1:]))
    rows = explanation_lines(body.why)
    block = [Line(f"  {row}", host, role, Tone.DIM, Detail.VERBOSE) for row in rows]
    in_full = [Line(text, host, role, Tone.WARNING, Detail.VERBOSE), *block]
    if _told_of_host(wait, before):
        return in_full
    return [Line(text, host, role, Tone.WARNING, until=Detail.NORMAL, parts=tuple(evidence)), *in_full]


def _told_of_host(wait: WaitView, before: Board) -> bool:
    """Whether a call waits for an engine of which it is told already that it does not answer."""
    host = before.hosts.get(wait.start.host)
    silent = host is not None and host.state is HostState.QUIET
    return silent and wait.start.quiet and wait.start.what is WaitKind.DOCKER


def _wait_ended(body: ev.WaitEnded, before: Board) -> list[Line]:
    wait = before.waits.get(body.wait)
    if wait is None:
        return []
    host, role = wait.start.host, wait.start.role
    if wait.start.what is WaitKind.BARRIER and told_by_barrier(host, role, before):
        return []
    text = wait_ended(wait, body)
    return [Line(text, host, role)] if text else []


def _lock(body: ev.LockChanged) -> list[Line]:
    match body.state:
        case LockState.OURS:
            return [Line("lock taken", body.host)]
        case LockState.TAKEN_OVER:
            return [Line("lock taken over", body.host, tone=Tone.WARNING)]
        case LockState.RELEASED:
            return [Line("lock released", body.host)]
        case LockState.HELD:
            return [Line(f"lock held{_holder(body.details)}", body.host, tone=Tone.WARNING)]
        case LockState.LEFT_BEHIND:
            text = f"LOCK LEFT BEHIND, release it with: {inert(body.release)}"
            return [Line(text, body.host, tone=Tone.BAD, needs=Detail.QUIET)]
        case LockState.FREE:
            return []
        case _:
            assert_never(body.state)


_LOCKED_BY = re.compile(r"Locked by: (?P<name>.*) at (?P<at>\S+)")


def _holder(details: Sequence[str]) -> str:
    """` by Grace since 2026-11-23T09:55:23Z: Version: v7; Message: …`, as far as the lock tells."""
    found = _LOCKED_BY.fullmatch(details[0]) if details else None
    if found is None:
        return f": {'; '.join(details)}" if details else ""
    rest = [line.removeprefix("Version: ").removeprefix("Message: ") for line in details[1:]]
    more = f" ({': '.join(each for each in rest if each)})" if rest else ""
    return f" by {found['name']} since {found['at']}{more}"


def _command(body: ev.CommandRun) -> Line:
    ended = {0: "", None: ", no status"}.get(body.status, f", status {body.status}")
    error = f": {inert(body.error)}" if body.error else ""
    text = f"$ {inert(body.line)}  ({duration(body.took_s)}{ended}){error}"
    return Line(text, body.host, body.role, Tone.DIM, Detail.VERBOSE)
