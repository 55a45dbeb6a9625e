"""What is wrong with how a case went: pure, from what was seen."""

import re
from collections.abc import Iterator

from tests.lab.faults.phases import HOSTS, LOCK_HOST
from tests.lab.faults.table import Case
from tests.lab.faults.trial import LockAfter, Observation


def complaints(case: Case, seen: Observation) -> list[str]:
    """Everything in which a case did not go as it has to; empty if it went well."""
    return [*_about_end(case, seen), *_about_card(case, seen), *_about_hosts(case, seen)]


def cause_is_named(case: Case, seen: Observation) -> bool:
    """Whether the failure card names the cause, and the host if it lies with one."""
    return not list(_about_card(case, seen))


def _about_end(case: Case, seen: Observation) -> Iterator[str]:
    if seen.code is None:
        yield f"had not ended after {seen.took_s:.0f} s, its bound is {seen.bound_s:.0f} s"
        return
    if seen.took_s > seen.bound_s:
        yield f"took {seen.took_s:.0f} s, its bound is {seen.bound_s:.0f} s"
    if seen.code not in case.ends.codes:
        wanted = " or ".join(map(str, case.ends.codes))
        yield f"ended with {seen.code}, not with {wanted}"


def _about_card(case: Case, seen: Observation) -> Iterator[str]:
    if seen.code is None or seen.code <= 0:
        return
    card = seen.card
    if card is None:
        yield "has no failure card"
        return
    if not re.search(case.ends.cause, "\n".join((card.cause, *card.evidence))):
        yield f"the card does not name the cause ({case.ends.cause}) but: {card.title}: {card.cause}"
    hosts = (case.stage.host,) if case.fault.strikes_at_moment else HOSTS
    named = {card.host, *re.findall(r"\bh\d\b", card.title)}
    if not case.ends.anywhere and named.isdisjoint(hosts):
        yield f"the card does not name {' or '.join(hosts)} but: {card.title}"


def _about_hosts(case: Case, seen: Observation) -> Iterator[str]:
    if seen.failures:
        yield f"{len(seen.failures)} of {seen.requests} requests failed: {seen.failures[0]}"
    if seen.lock is LockAfter.LEFT:
        yield "the lock was left behind, and the next deploy did not take it over"
    if seen.lock is LockAfter.TAKEN_OVER and not _may_leave_lock(case):
        yield "the lock was left behind"
    yield from (f"once the fault was mended: {wrong}" for wrong in seen.wrong_before)
    if seen.retry_code not in (None, 0):
        yield f"the retry ended with {seen.retry_code}"
    if seen.next_code != 0:
        yield f"the next deploy ended with {seen.next_code}"
    yield from (f"after the next deploy: {wrong}" for wrong in seen.wrong_after)


def _may_leave_lock(case: Case) -> bool:
    """Nobody is left to release it, or its host can not be reached."""
    return case.fault.kills_client or (case.fault.cuts_off and case.stage.host == LOCK_HOST)
