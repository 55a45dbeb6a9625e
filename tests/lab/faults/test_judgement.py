"""The judgement of a case finds what is wrong with it. No hosts are needed for that."""

from dataclasses import replace

import pytest

from backstaff.events.facts import FailureCard
from tests.lab.faults.judgement import cause_is_named, complaints
from tests.lab.faults.phases import At
from tests.lab.faults.table import FAULTS, Ends, NotApplicable, case, cases
from tests.lab.faults.trial import LockAfter, Observation

FROZEN = case("docker frozen", At.HEALTH)
CARD = FailureCard(title="boot of web on h2", host="h2", cause="Docker does not answer")
WELL = Observation(
    code=1,
    took_s=8,
    bound_s=100,
    card=CARD,
    lock=LockAfter.FREE,
    requests=100,
    failures=(),
    left={},
    wrong_before=(),
    retry_code=None,
    next_code=0,
    wrong_after=(),
    output="",
)


@pytest.fixture(autouse=True)
def _clean_hosts() -> None:
    """Takes the place of the one that brings a lab up."""


def test_a_case_that_went_well_has_nothing_wrong_with_it() -> None:
    assert complaints(FROZEN, WELL) == []
    assert cause_is_named(FROZEN, WELL)


@pytest.mark.parametrize(
    ("seen", "complaint"),
    [
        (replace(WELL, code=None, took_s=120), "had not ended after 120 s, its bound is 100 s"),
        (replace(WELL, took_s=101), "took 101 s, its bound is 100 s"),
        (replace(WELL, code=0), "ended with 0, not with 1"),
        (replace(WELL, card=None), "has no failure card"),
        (replace(WELL, card=CARD.model_copy(update={"cause": "EOF"})), "does not name the cause"),
        (
            replace(WELL, card=CARD.model_copy(update={"host": "h1", "title": "boot of web on h1"})),
            "does not name h2",
        ),
        (replace(WELL, failures=("502 Bad Gateway",)), "1 of 100 requests failed: 502 Bad Gateway"),
        (replace(WELL, lock=LockAfter.LEFT), "the lock was left behind"),
        (replace(WELL, lock=LockAfter.TAKEN_OVER), "the lock was left behind"),
        (replace(WELL, wrong_before=("no v1 on h1",)), "once the fault was mended: no v1 on h1"),
        (replace(WELL, retry_code=1), "the retry ended with 1"),
        (replace(WELL, next_code=3), "the next deploy ended with 3"),
        (replace(WELL, wrong_after=("h2 runs nothing",)), "h2 runs nothing"),
    ],
)
def test_what_is_wrong_is_told(seen: Observation, complaint: str) -> None:
    (told,) = complaints(FROZEN, seen)
    assert complaint in told


def test_only_a_client_that_was_killed_or_a_lock_host_that_is_cut_off_may_leave_the_lock() -> None:
    killed = replace(WELL, code=-9, card=None, lock=LockAfter.TAKEN_OVER)
    assert complaints(case("SIGKILL", At.HEALTH), killed) == []

    lost = replace(WELL, card=CARD.model_copy(update={"host": "h1", "cause": "the connection was lost"}))
    lost = replace(lost, lock=LockAfter.TAKEN_OVER)
    assert complaints(case("link cut", At.LOCK), lost) == []
    assert complaints(case("link cut (lock host)", At.HEALTH), lost) == []
    assert complaints(case("link cut", At.HEALTH), lost) != []


def test_the_table_has_an_entry_for_every_fault_in_every_phase() -> None:
    for fault in FAULTS:
        assert set(fault.ends) == set(At), fault.name
        for ends in fault.ends.values():
            assert isinstance(ends, Ends) or (isinstance(ends, NotApplicable) and ends.reason)
    names = [each.name for each in cases()]
    assert len(names) == len(set(names))
