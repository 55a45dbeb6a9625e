"""Two runs side by side."""

import pytest

from backstaff.events.facts import PairState, Phase, WaitKind
from backstaff.events.types import CommandRun, PhaseStarted, RunEnded
from backstaff.replay.breakdown import Breakdown, breakdown
from backstaff.replay.compare import Compared, compare
from tests.events.builders import Script, a_good_deploy, a_run, at_the_barrier, pair, until_boot, wait


def a_boot(healthy_s: float, *, host: str = "h1", role: str = "web", version: str = "v42") -> Breakdown:
    """A run that only boots one container, which takes so long to become healthy."""
    script = Script().at(0, a_run(version), PhaseStarted(phase=Phase.BOOT))
    script.at(0, wait(1, WaitKind.PROXY, host, role, "the proxy"))
    script.at(healthy_s, pair(host, role, PairState.SWITCHING))
    script.at(healthy_s, RunEnded(exit_code=0, verdict="done", took_s=healthy_s))
    return breakdown(script.events)


@pytest.mark.parametrize(
    ("before_s", "after_s", "grew"),
    [
        (10, 13, True),
        (10, 12.5, False),
        (0.2, 0.9, False),
        (0.2, 1.3, True),
        (100, 120, False),
        (13, 10, False),
        (None, 10, False),
        (10, None, False),
    ],
)
def test_what_grew_did_so_by_more_than_a_quarter_and_more_than_chance(
    before_s: float | None, after_s: float | None, grew: bool
) -> None:
    assert Compared("boot", before_s, after_s).grew is grew


def test_phases_hosts_and_roles_are_put_side_by_side() -> None:
    told = compare(a_boot(10), a_boot(20))
    assert told.total == Compared("total", 10, 20)
    assert told.phases == (Compared("boot", 10, 20),)
    assert told.hosts == (Compared("h1", 10, 20),)
    assert told.boots == (Compared("web", 10, 20),)


def test_a_run_that_goes_on_with_another_one_is_told_to_do_less() -> None:
    resumed = a_run("v42").model_copy(update={"argv": ("deploy", "--resume", "20261123-120357-a1b2")})
    end = RunEnded(exit_code=0, verdict="done", took_s=5)
    told = compare(a_boot(10), breakdown(Script().at(0, resumed).at(5, end).events))
    assert "B goes on with run 20261123-120357-a1b2: what that had done it leaves out" in told.differences


def test_what_only_one_run_has_is_told_and_never_marked() -> None:
    told = compare(a_boot(10), a_boot(30, host="h2", role="job"))
    assert told.hosts == (Compared("h1", 10, None), Compared("h2", None, 30))
    assert not any(row.grew for row in (*told.hosts, *told.boots))
    assert told.differences == (
        "only A has the host h1",
        "only B has the host h2",
        "only A has the role web",
        "only B has the role job",
    )


def test_another_version_and_a_run_without_end_are_told() -> None:
    cut_off = at_the_barrier(until_boot(Script()), 6.4)
    cut_off.at(30, CommandRun(line="x", took_s=0, status=0, host="h1"))
    told = compare(breakdown(a_good_deploy().events), breakdown(cut_off.events))
    assert told.differences == ("B has no end: it was cut off, or still goes on",)
    assert (
        "the version differs: v42 in A, v43 in B" in compare(a_boot(1), a_boot(1, version="v43")).differences
    )


def test_a_run_does_not_differ_from_itself() -> None:
    told = breakdown(a_good_deploy().events)
    itself = compare(told, told)
    assert itself.differences == ()
    assert {row.more_s for row in (itself.total, *itself.phases, *itself.hosts, *itself.boots)} == {0}
