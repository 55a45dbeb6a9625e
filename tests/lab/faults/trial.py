"""One fault in one phase, from the deploy that meets it to the deploy after it."""

import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum

from backstaff.clock import Seconds
from backstaff.events.facts import FailureCard
from backstaff.events.types import Failed, Notice
from tests.lab.deploys.project import SITE, Result, Running
from tests.lab.deploys.seen import containers
from tests.lab.faults.bounds import bound_s
from tests.lab.faults.circumstances import made
from tests.lab.faults.fleet import Fleet
from tests.lab.faults.phases import WEB_HOSTS, At, Circumstance, Stage
from tests.lab.faults.strikes import Target
from tests.lab.faults.table import Case
from tests.lab.faults.terminal import start_in_terminal
from tests.lab.load import Load

_CLIENTS = 2
_PAUSE_S = 0.15
"""A frozen Docker takes no output from containers: too many requests, and what logs them stands still."""
_HANG_GUARD_S = 20.0
"""What a run is given beyond its bound before it is killed: the machine may be busy."""
_RETRIED = frozenset(list(At)[::2])
_LOCK_WAIT = ("--lock-wait", "--lock-wait-interval", "0.2")


class LockAfter(StrEnum):
    """What became of the deploy lock."""

    FREE = "free"
    TAKEN_OVER = "taken over"
    LEFT = "left"


@dataclass(frozen=True)
class Observation:
    """What was seen of a case. `code` None: the run had not ended by its bound.

    `left` are the new version's containers, and whatever else is not as it was, host by host, before the next
    deploy. `wrong_before` tells which hosts then serve neither version, `retry_code` how the retry has ended,
    None where there was none; `wrong_after` is what the hosts show after either that they should not."""

    code: int | None
    took_s: Seconds
    bound_s: Seconds
    card: FailureCard | None
    lock: LockAfter
    requests: int
    failures: tuple[str, ...]
    left: Mapping[str, tuple[str, ...]]
    wrong_before: tuple[str, ...]
    retry_code: int | None
    next_code: int
    wrong_after: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class _Met:
    """How the deploy that met the fault went."""

    result: Result | None
    took_s: Seconds
    bound_s: Seconds
    requests: int
    failures: tuple[str, ...]


def try_out(fleet: Fleet, case: Case) -> Observation:
    """Let the fault strike, mend it, deploy again. Afterwards the fleet is as it has to be for another case;
    if it is not, call `fleet.spoil`."""
    fleet.make_ready()
    stage, before = case.stage, fleet.version
    labelled, mode = case.fault.labelled, case.fault.mode or stage.mode
    version = fleet.new_image(mode=mode, labelled=labelled)
    try:
        met = _meet(fleet, case, stage, version)
        was_locked = fleet.locked
    finally:
        fleet.heal()
    left = _left(fleet, before, version)
    card = next((each.card for each in met.result.told(Failed)), None) if met.result else None
    wrong_before = () if case.fault.takes_down else fleet.not_serving((before, version), stage.loaded_hosts)
    wrong_after: list[str] = []
    retry = _retry(fleet, case, met.result, card, version)
    if retry is not None:
        wrong_after += _wrong_after(fleet, retry, version)
    after, latest = fleet.deploy_next()
    wrong_after += _wrong_after(fleet, after, latest)
    notices = [each.text for result in (retry, after) if result for each in result.told(Notice)]
    took_over = any("took over the deploy lock of run" in text for text in notices)
    lock = LockAfter.FREE if not was_locked else LockAfter.TAKEN_OVER if took_over else LockAfter.LEFT
    fleet.version = latest
    return Observation(
        code=met.result.code if met.result else None,
        took_s=met.took_s,
        bound_s=met.bound_s,
        card=card,
        lock=lock,
        requests=met.requests,
        failures=met.failures,
        left=left,
        wrong_before=tuple(wrong_before),
        retry_code=retry.code if retry else None,
        next_code=after.code,
        wrong_after=tuple(wrong_after),
        output=met.result.out + met.result.err if met.result else "",
    )


def _retry(
    fleet: Fleet, case: Case, result: Result | None, card: FailureCard | None, version: str
) -> Result | None:
    """In every other phase, what somebody does who sees the run end: what the card says, or the same again.
    In the others the next deploy meets what the run has left."""
    ended_badly = result is not None and result.code != 0
    if not (ended_badly and case.fault.mended_by_retry and case.at in _RETRIED):
        return None
    if card is not None:
        return fleet.project.run_printed(card.retry)
    return fleet.project.run("deploy", "-P", "--version", version)


def _wrong_after(fleet: Fleet, result: Result, version: str) -> list[str]:
    if result.code != 0:
        return [result.card or result.err]
    lock = ("its lock is left behind",) if fleet.locked else ()
    return [*fleet.disagreements(version), *lock]


def _meet(fleet: Fleet, case: Case, stage: Stage, version: str) -> _Met:
    """The deploy during which the fault strikes, with a load on every host that serves."""
    fault, host = case.fault, fleet.host(stage.host)
    limit_s = bound_s(fleet.configure_for(case, stage), case.at, case.course)
    old_container = f"app-web-{fleet.version}"
    with ExitStack() as until_ended:
        making = made(stage.circumstance, fleet.lab, host, old_container)
        over, loads = until_ended.enter_context(making)
        if case.breaks_traffic:
            loads = []
        for name in stage.loaded_hosts:
            if not (case.breaks_traffic and name == stage.host):
                load = Load(fleet.host(name).address, SITE, clients=_CLIENTS, pause_s=_PAUSE_S)
                loads.append(until_ended.enter_context(load))
                load.wait_for(f"{fleet.version} {old_container}", times=1)
        struck_before = case.at is At.CONNECT and not (fault.by_client or fault.soon_over)
        if struck_before:
            fault.strike(Target(fleet.lab, host, None, f"app-web-{version}"))
        struck_at = time.monotonic()
        run = until_ended.enter_context(_started(fleet, case, stage, version))
        if fault.strikes_at_moment and not struck_before:
            run.wait_until(stage.moment, f"the phase {case.at}")
            struck_at = time.monotonic()
            fault.strike(Target(fleet.lab, host, run, f"app-web-{version}"))
        if not fault.keeps:
            over()
        result = _ended(run, limit_s + _HANG_GUARD_S)
        took_s = time.monotonic() - struck_at
    requests = sum(load.answers.total() + len(load.failures) for load in loads)
    failures = tuple(f"{load.address}: {failure}" for load in loads for failure in load.failures)
    return _Met(result, took_s, limit_s, requests, failures)


def _started(fleet: Fleet, case: Case, stage: Stage, version: str) -> Running:
    wait = _LOCK_WAIT if stage.circumstance is Circumstance.FOREIGN_LOCK else ()
    arguments = ("deploy", "-P", "--version", version, *wait)
    if case.fault.in_terminal:
        return start_in_terminal(fleet.project, *arguments)
    return fleet.project.start(*arguments)


def _ended(run: Running, timeout_s: Seconds) -> Result | None:
    try:
        return run.ended(timeout_s=timeout_s)
    except subprocess.TimeoutExpired:
        return None


def _left(fleet: Fleet, before: str, version: str) -> Mapping[str, tuple[str, ...]]:
    """What is not as it was: the new version's containers, an old one that does not run, no proxy."""
    left: dict[str, tuple[str, ...]] = {}
    for host in fleet.hosts:
        seen = containers(host)
        words = [f"new {each.state}" for name, each in seen.items() if name.endswith(f"-{version}")]
        words += [f"old {each.state}" for name, each in seen.items() if _is_down(name, before, each.runs)]
        proxy = seen.get("kamal-proxy")
        if host.name in WEB_HOSTS and (proxy is None or not proxy.runs):
            words.append(f"proxy {proxy.state if proxy else 'absent'}")
        if words:
            left[host.name] = tuple(words)
    return left


def _is_down(name: str, version: str, runs: bool) -> bool:
    return name.endswith(f"-{version}") and not runs
