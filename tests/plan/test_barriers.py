import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import PlanRefused
from backstaff.plan.barriers import barrier_of, prove_reachable
from backstaff.plan.groups import BootGroup
from backstaff.plan.pairs import Pair
from tests.plan.builders import HOSTS, the_groups


def test_a_job_host_in_a_group_before_the_web_host_is_refused_with_the_reason() -> None:
    with pytest.raises(PlanRefused, match="job@h3 would wait for ever for a healthy web container") as caught:
        prove_reachable(the_groups(("job@h3",), ("web@h1",)), "web", parallel_roles=False)
    (why,) = caught.value.evidence
    assert why == (
        "job@h3 boots in group 1 and waits for the first healthy web container; "
        "the only ones that could open the barrier are web@h1 in group 2"
    )
    assert (
        caught.value.fix == "put a host that runs web into the first group, before the roles that wait for it"
    )


def test_no_selected_gatekeeper_at_all_is_refused() -> None:
    with pytest.raises(PlanRefused, match=re.escape("cron@h3, job@h3 and job@h4 would wait")) as caught:
        prove_reachable(the_groups(("cron@h3", "job@h3"), ("job@h4",)), "web", parallel_roles=True)
    assert caught.value.evidence[2] == (
        "job@h4 boots in group 2 and waits for the first healthy web container; "
        "no host that runs web is selected"
    )
    assert caught.value.fix == "select a host that runs web as well, or fewer roles"


def test_a_gatekeeper_behind_a_waiting_role_on_its_host_is_refused_unless_roles_are_parallel() -> None:
    groups = the_groups(("job@h1", "web@h1"))
    with pytest.raises(PlanRefused) as caught:
        prove_reachable(groups, "web", parallel_roles=False)
    assert "web@h1 behind another role in the same group" in caught.value.evidence[0]
    prove_reachable(groups, "web", parallel_roles=True)


@pytest.mark.parametrize(
    "groups",
    [
        (),
        (("web@h1",),),
        (("web@h1", "job@h1"), ("job@h2",)),
        (("job@h2", "web@h1"),),
        (("web@h1",), ("job@h2",), ("web@h3", "job@h3")),
        (("job@h1", "web@h1", "web@h2"),),
    ],
)
def test_groups_with_a_gatekeeper_in_time_pass(groups: Sequence[tuple[str, ...]]) -> None:
    prove_reachable(the_groups(*groups), "web", parallel_roles=False)


def test_a_barrier_names_who_opens_it_and_who_waits() -> None:
    barrier = barrier_of(the_groups(("web@h1", "job@h1"), ("job@h2",)), "web")
    assert barrier is not None
    assert [str(pair) for pair in barrier.gatekeepers] == ["web@h1"]
    assert [str(pair) for pair in barrier.waiting] == ["job@h1", "job@h2"]


def test_a_single_role_has_no_barrier() -> None:
    assert barrier_of(the_groups(("web@h1",), ("web@h2",)), "web") is None


def finishes(groups: Sequence[BootGroup], *, parallel_roles: bool) -> bool:
    """Boots the groups as a run does, every container healthy at once: does it get to the end?"""
    opened = False
    for group in groups:
        lanes = (
            [[pair] for pair in group.pairs]
            if parallel_roles
            else [list(group.on(host)) for host in group.hosts]
        )
        while any(lanes):
            ready = [lane for lane in lanes if lane and (opened or lane[0].gatekeeper)]
            if not ready:
                return False
            opened = opened or any(lane[0].gatekeeper for lane in ready)
            for lane in ready:
                lane.pop(0)
    return True


PAIRS = st.lists(
    st.builds(
        lambda host, role: f"{role}@{host}", st.sampled_from(HOSTS), st.sampled_from(["web", "job", "cron"])
    ),
    max_size=12,
    unique=True,
)


@given(pairs=PAIRS, cuts=st.lists(st.integers(0, 12), max_size=3), parallel=st.booleans())
def test_exactly_the_orders_that_would_stand_still_are_refused(
    pairs: list[str], cuts: list[int], parallel: bool
) -> None:
    edges = sorted({0, len(pairs), *(min(cut, len(pairs)) for cut in cuts)})
    groups = the_groups(*(tuple(pairs[a:b]) for a, b in pairwise(edges)))
    if finishes(groups, parallel_roles=parallel):
        prove_reachable(groups, "web", parallel_roles=parallel)
    else:
        with pytest.raises(PlanRefused):
            prove_reachable(groups, "web", parallel_roles=parallel)


def test_pairs_are_told_apart_by_host_and_role_alone() -> None:
    assert {Pair("h1", "web"), Pair("h1", "web", gatekeeper=True)} == {Pair("h1", "web")}


def test_a_gatekeeper_stuck_in_an_earlier_group_is_named() -> None:
    with pytest.raises(PlanRefused) as refused:
        prove_reachable(the_groups(("job@h1", "web@h1"), ("job@h2",)), "web", parallel_roles=False)
    assert "web@h1 behind another role in the same group" in refused.value.evidence[0]
    assert "web@h1 behind another role in group 1" in refused.value.evidence[1]


def test_a_gatekeeper_that_is_healthy_already_has_opened_the_barrier() -> None:
    done = [Pair("h1", "web", gatekeeper=True), Pair("h1", "job")]
    groups = the_groups(("job@h2",))
    prove_reachable(groups, "web", parallel_roles=False, done=done)
    barrier = barrier_of(groups, "web", done)
    assert barrier is not None
    assert [str(pair) for pair in barrier.healthy] == ["web@h1"]


def test_a_waiting_role_that_is_done_opens_nothing() -> None:
    with pytest.raises(PlanRefused):
        prove_reachable(the_groups(("job@h2",)), "web", parallel_roles=False, done=[Pair("h1", "job")])
