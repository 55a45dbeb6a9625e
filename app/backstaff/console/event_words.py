"""Every event in one line, for the list of them; what has a line in headless mode has the same one here."""

from typing import assert_never

from backstaff.events import types as ev
from backstaff.events.board import Board
from backstaff.events.facts import Funnel, PairVerdict
from backstaff.explain.doom import how_it_ended
from backstaff.explain.funnel import blocking_filter
from backstaff.explain.proxy_log import short_url
from backstaff.explain.why import waits_for
from backstaff.explain.words import NO_LIMIT, at_most, counted, duration, listed, times


def kind_of(body: ev.Body) -> str:
    """What an event is about, in one word: `wait`, `pair`, `container`."""
    return body.kind.split("_")[0]


def who_of(body: ev.Body, before: Board) -> tuple[str, str]:
    """The host and the role that an event is about; empty where it is about none."""
    match body:
        case ev.FunnelSeen():
            return body.funnel.host, body.funnel.role
        case ev.Failed():
            return body.card.host, body.card.role
        case ev.WaitExplained() | ev.WaitEnded():
            wait = before.waits.get(body.wait)
            return (wait.start.host, wait.start.role) if wait else ("", "")
        case _:
            return getattr(body, "host", ""), getattr(body, "role", "")


def words_of(body: ev.Body, before: Board) -> str:
    """What happened, where headless mode has nothing to say. Not inert."""
    match body:
        case ev.PhaseStarted():
            return _with(f"{body.phase.value} begins", body.detail)
        case ev.HostChanged() | ev.PairChanged():
            return _with(body.state.value, body.detail)
        case ev.ContainersSeen():
            names = [container.name for container in body.containers]
            return f"{counted(len(names), 'container')}: {listed(names)}" if names else "no containers"
        case ev.ContainerChanged():
            container = body.container
            state = how_it_ended(container) if container.state in {"exited", "dead"} else container.state
            return f"{container.name}: {body.event}, {state}"
        case ev.FunnelSeen():
            return _funnel(body.funnel)
        case ev.ProbeSeen():
            probe = body.probe
            return f"GET {short_url(probe.url)} -> {probe.result} ({times(probe.count)})"
        case ev.WaitStarted():
            return f"{waits_for(body)} ({at_most(body.limit_s)})"
        case ev.WaitExplained():
            wait = before.waits.get(body.wait)
            endless = wait is not None and not wait.start.limit_s
            return f"{body.why.sentence}; {NO_LIMIT if endless else f'{duration(body.left_s)} left'}"
        case ev.WaitEnded():
            wait = before.waits.get(body.wait)
            what = f"the wait for {wait.start.cause}" if wait else "a wait"
            return _with(f"{what} ended after {duration(body.took_s)}, {body.outcome.value}", body.reason)
        case ev.BarrierChanged():
            return _with(f"barrier {body.barrier} is {body.state.value}", _at_barrier(body))
        case ev.LockChanged():
            return f"lock {body.state.value}"
        case ev.Failed():
            return f"{body.card.title}: {body.card.cause}"
        case ev.Verified():
            return _verdicts(body.pairs)
        case ev.RunEnded():
            return f"{body.verdict} after {duration(body.took_s)}, exit code {body.exit_code}"
        case ev.PhaseEnded():
            return f"{body.phase.value} {body.outcome.value}"
        case ev.StepStarted() | ev.StepEnded():
            return _with(body.step, body.detail)
        case ev.VersionSeen():
            return f"runs {body.version or 'nothing yet'}"
        case ev.RunStarted() | ev.PlanMade() | ev.Notice() | ev.CommandRun() | ev.Output() | ev.Progress():
            return ""
        case _:
            assert_never(body)


def _with(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text


def _at_barrier(body: ev.BarrierChanged) -> str:
    parts = [
        body.reason,
        f"can open it: {listed(body.can_open)}" if body.can_open else "",
        f"waiting: {listed(body.waiting)}" if body.waiting else "",
    ]
    return "; ".join(part for part in parts if part)


def _funnel(funnel: Funnel) -> str:
    if funnel.found:
        return f"filters find {listed(funnel.found)}"
    blocking = blocking_filter(funnel)
    if blocking is None:
        return f"{counted(funnel.candidates, 'container')}, filters find none"
    dropped = [f"{each.container} ({each.value})" for each in blocking.dropped]
    return _with(f"no container passes {blocking.filter}", listed(dropped, 3) if dropped else "")


def _verdicts(pairs: tuple[PairVerdict, ...]) -> str:
    agreeing = sum(pair.agrees for pair in pairs)
    if agreeing == len(pairs):
        return "every role was seen to run what it should"
    odd = [
        f"{pair.role}@{pair.host} {pair.unknown or pair.serving or 'nothing'}"
        for pair in pairs
        if not pair.agrees
    ]
    return f"{agreeing} of {len(pairs)} roles were seen to run what they should; {listed(odd, 3)}"
